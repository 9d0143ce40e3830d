import type { Shard } from '../activations/Shard.js';
import type { z } from 'zod';
import type { NumberRule } from '../answers/numberRules.js';
import type { Corpus } from '../corpus/Corpus.js';
import type { Engine } from '../engine/Engine.js';
import type { ScoredPart } from '../engine/packBatches.js';
import type { PromptTemplate } from '../questions/PromptTemplate.js';
import type { Questions } from '../questions/Questions.js';
import type { Progress } from '../support/progress.js';
import type { ModelState } from '../interventions/ModelState.js';
import type { VerdictPair } from './accuracyDifference.js';
import type { AnswerJudge, PerplexityMean } from './choices.js';
import type { CellInterval } from './DeactivationMatrix.js';
import type { JournalKind } from './journals.js';
import type { MeasurementPlan } from './planBase.js';

/** How a metric is spoken of and shown. */
export interface MetricWords {
    /** In a sentence. */
    readonly noun: string;
    /** Several values of it. */
    readonly plural: string;
    /** For the report's definitions: sentences. */
    readonly definition: string;
    /** What `--metric` measures by its name, for the help. */
    readonly measures: string;
    /** What the names of figures and tables begin with: of a deactivation, of other interventions. */
    readonly prefixes: Readonly<Record<'deactivation' | 'intervention', string>>;
    /** Sign of a change that is harm. */
    readonly harm: 1 | -1;
    /** Effects are fractions of the baseline, or else the changes themselves, of a metric from 0 to 1. */
    readonly relative: boolean;
    /** Unit of 100 times an effect, in a figure. */
    readonly unit: string;
    /** What is behind a cell, as a heading. */
    readonly samples: string;
    /** Of values in a figure: how d3 writes them, and the least that an axis from 0 reaches. */
    readonly axis: { readonly format: string; readonly least: number };
    /** Where it is in the paper, and what is otherwise here: sentences. */
    readonly paper?: string;
    formatValue(value: number | null): string;
    /** A change, with its sign. */
    formatChange(change: number | null): string;
    /** An effect in a sentence, with its sign. */
    formatEffect(effect: number | null): string;
    /** A value on the command line, with as many digits as the next; a change too. */
    formatPlain(value: number): string;
}

/** How sure a metric is (95 %): of means over texts, or of shares of questions. */
export interface Intervals {
    /** Whether estimates are resampled. */
    readonly resamples: boolean;
    ofValue(estimated: Estimate, cell: Cell): CellInterval;
    /** @param pairs numerators of what the difference is of, on the same units, on average over the pairs */
    ofDifference(estimated: Estimate, pairs: readonly VerdictPair[]): CellInterval;
    /** What tells a difference from chance, in a sentence of the report. */
    readonly toldBy: string;
    /** How the interval of the change between two models is made: the end of a sentence. */
    readonly changeBy: string;
    /** Whether no fall could be told from chance, and the rule in words; absent: one always may. */
    readonly tooFew?: {
        isTooFew(cell: { readonly baseline: number; readonly change: number; readonly samples: number }): boolean;
        readonly rule: string;
    };
}

export type MetricSettings = Readonly<Record<string, string | number>>;

/** All that the program knows of a metric; `metrics` lists them. */
interface AnyMetricKind extends MetricWords {
    /** On the command line, in settings and in the names of files: letters, digits and hyphens. */
    readonly name: string;
    readonly intervals: Intervals;
    /** Where finished pieces are kept. */
    readonly journal: JournalKind<{ readonly key: string }>;
    /** Of its plan: `planBase`, its name as `metric`, and what else it is measured on. */
    readonly planShape: z.ZodObject;
    /** Turns a mean over units into the metric. */
    fromMean(settings: MetricSettings): (mean: number) => number;
    /** How a matrix says what was measured. @param source what the user called the texts or questions */
    settingsOf(source: string, plan: MeasurementPlan): MetricSettings;
    /** @param folder that paths are told from */
    measurementsOf(plan: MeasurementPlan, conditions: readonly ModelState[], folder: string): JournalledMeasurements;
}

/** A metric of texts. */
export interface TextMetricKind extends AnyMetricKind {
    readonly inputs: 'texts';
    on(corpus: Corpus, options: TextMetricOptions): Metric;
}

/** A metric of answers to questions. */
export interface QuestionMetricKind extends AnyMetricKind {
    readonly inputs: 'questions';
    on(options: QuestionMetricOptions): Metric;
}

export type MetricKind = TextMetricKind | QuestionMetricKind;

/** Settings of all metrics of texts; each takes its own. */
export interface TextMetricOptions {
    /**
     * `tokens` (default): exp of the mean negative log-likelihood of all tokens. `texts`: the mean of the
     * texts' perplexities, as in the paper.
     */
    readonly mean?: PerplexityMean | undefined;
    /** Which tokens are scored. Default: the response's, which are all of a plain text. */
    readonly over?: ScoredPart | undefined;
}

/** Settings of all metrics of answers. */
export interface QuestionMetricOptions {
    readonly questions: Questions;
    readonly template: PromptTemplate;
    /**
     * Day that a template which writes the date is told, YYYY-MM-DD. Default: that of the answers in the folder, else
     * today.
     */
    readonly date?: string | undefined;
    /** Only the first so many questions of each language. Default: all. */
    readonly limit?: number | undefined;
    /**
     * Questions of each language that the whole model is asked, at least `limit`: one condition of many, it may well be
     * asked more. Deactivations are still compared with its answers to their own questions. Default: `limit`.
     */
    readonly wholeLimit?: number | undefined;
    /** Most tokens of an answer. Default 256. */
    readonly maxTokens?: number | undefined;
    /** How the number is found. Default `last`. */
    readonly rule?: NumberRule | undefined;
    /** What an answer is right by. Default: its number and its language. */
    readonly judge?: AnswerJudge | undefined;
    /**
     * Another model whose finished answers to the same prompts are the whole model's drafts, such as the base of its
     * LoRA adapters: on a device alone, and it changes the time, not the answers. Default: none.
     */
    readonly draftsOf?: DraftingModel | undefined;
}

/** A model that was measured with the same settings; its finished answers foretell another's. */
export interface DraftingModel {
    /** Where its answers are. */
    readonly folder: string;
    readonly fingerprint: string;
}

/** What of a metric a matrix is made of, beside its measurements. */
export interface MetricFacts {
    readonly kind: MetricKind;
    /** Languages evaluated. */
    readonly languages: readonly string[];
    readonly settings: MetricSettings;
}

/** What an experiment measures, and on what. */
export interface Metric extends MetricFacts {
    /** What the user called the texts or questions, for messages. */
    readonly source: string;
    /**
     * Measures every condition in every language. What was measured before of the same model, inputs and settings
     * is taken over.
     */
    measure(conditions: readonly ModelState[], context: MeasureContext): Promise<Measurements>;
}

export interface MeasureContext {
    readonly engine: Engine;
    /** Gets what is finished, as soon as it is. */
    readonly folder: string;
    /** Conditions that are not to be measured, but wanted where they have been. */
    readonly known: readonly ModelState[];
    /** Measure only this part: the measurements may lack the others. Default: all. */
    readonly shard?: Shard | undefined;
    readonly signal?: AbortSignal | undefined;
    readonly progress: Progress;
}

export interface Measurements {
    cell(condition: ModelState, language: string): Cell;
    /** Whether one of the conditions `known` has been measured in every language. Default: none has. */
    has?(condition: ModelState): boolean;
    /** The whole model on all that it was measured on, where that is more than the other conditions were. */
    whole?(language: string): Cell;
    /** Tokens that went through the model for all cells of a condition, now or earlier. */
    decodedTokens(condition: ModelState): number;
    /** Settings that are known now only; they go before the metric's own. */
    readonly settings?: MetricSettings;
    /** Which texts were measured, by language; see `Sketch`. */
    readonly sketches?: Readonly<Record<string, string>>;
    /**
     * What is measured, as plain data: shards write it down, so that a matrix can be made of their journals without
     * model and texts. Default: none; the work cannot be divided.
     */
    readonly plan?: MeasurementPlan;
}

/** Measurements that are filled from journals, entry by entry; those of other work are passed over. */
export interface JournalledMeasurements extends Measurements {
    take(entry: { readonly key: string }): void;
    has(condition: ModelState): boolean;
}

/** One measurement: a mean over units (texts or questions), each with a numerator and a weight. */
export interface Cell {
    /** Length units. */
    readonly numerators: Float64Array;
    /** Length units. */
    readonly weights: Float64Array;
    /** Scored tokens, or questions. */
    readonly samples: number;
    /** Of answers: shares besides the metric. */
    readonly answers?: Readonly<Record<'number' | 'language' | 'unknownLanguage' | 'cut', number>>;
}

/** A metric's value on the units, and on each resample of them. */
export interface Estimate {
    readonly value: number;
    /** Length resamples; empty where there are fewer than two units. */
    readonly replicates: Float64Array;
}
