import type { Shard } from '../../activations/Shard.js';
import type { CorpusSurvey } from '../../activations/surveyCorpus.js';
import type { z } from 'zod';
import type { Corpus } from '../../corpus/Corpus.js';
import type { Engine } from '../../engine/Engine.js';
import type { TextScore } from '../../engine/types/engineTypes.js';
import type { PromptTemplate } from '../../questions/templates/PromptTemplate.js';
import type { Questions } from '../../questions/sources/Questions.js';
import type { OptionsOf } from '../../settings/Setting.js';
import type { perplexityTable, questionMetricTable } from '../../settings/settings.js';
import type { Progress, Work } from '../../support/progress.js';
import type { ModelState } from '../../interventions/ModelState.js';
import type { Cell, Intervals } from '../statistics/estimates.js';
import type { EvaluatedSketches } from './evaluatedSketches.js';
import type { JournalKind } from './journals.js';
import type { MeasurementPlan } from './planBase.js';

/** Words, signs and formats of a metric for the command line and the report. */
export interface MetricWords {
    /** Its name in a sentence, such as `perplexity`. */
    readonly noun: string;
    /** The plural of `noun`. */
    readonly plural: string;
    /** Sentences for the report's list of definitions. */
    readonly definition: string;
    /** How names of figures and tables begin: of deactivations, and of other interventions. Default: its name. */
    readonly prefixes?: Readonly<Record<'deactivation' | 'intervention', string>> | undefined;
    /** Sign of a change that is harm. */
    readonly harm: 1 | -1;
    /** Whether an effect is a fraction of the baseline; otherwise it is the change itself. */
    readonly relative: boolean;
    /** Unit of effects, for figures and sentences. */
    readonly unit: string;
    /** What an effect is multiplied by to be in `unit`. Default: 100, of shares. */
    readonly factor?: number;
    /** `unit` in the heading of a column. Default: `%`, or `points` where effects are not relative. */
    readonly shortUnit?: string;
    /** Heading of the column with a cell's number of samples, such as `Tokens`. */
    readonly samples: string;
    /** Axes of values: d3's format, and the least upper end of an axis from 0. */
    readonly axis: { readonly format: string; readonly least: number };
    /** Sentences on the paper's figures of it, and on the differences. Default: none. */
    readonly paper?: string;
    /** The shares that stand beside the metric, in their order. Default: none. */
    readonly shares?: readonly ShareWords[];
    /** What they are shares of. Default: `answers`. */
    readonly sharesOf?: string;
    formatValue(value: number | null): string;
    /** A change, with its sign. */
    formatChange(change: number | null): string;
    /** An effect in a sentence, with its sign. */
    formatEffect(effect: number | null): string;
    /** A value or a change on the command line, always with the same number of digits. */
    formatPlain(value: number): string;
}

/** A share of answers, of their lines or words, or of tokens, that stands beside a metric. */
export interface ShareWords {
    /** In files. */
    readonly name: string;
    /** In a sentence, such as `right number, in whatever language`. */
    readonly words: string;
    /** Heading of its column on the command line. Default: it is not shown there. */
    readonly heading?: string;
    /** What it is where it says nothing new, so that its column is left out: 0 or 1, or the metric's own value. */
    readonly usual?: 0 | 1 | 'value';
    /** Whether these answers count as wrong for this reason, so that the report shows where they are. */
    readonly isFault?: boolean;
}

export type MetricSettings = Readonly<Record<string, string | number>>;

/** A kind of metric, with all that the program knows about it. `metrics` lists all kinds. */
interface AnyMetricKind extends MetricWords {
    /** Name in options, settings and file names: letters, digits and hyphens. */
    readonly name: string;
    readonly intervals: Intervals;
    /** The journal of its finished pieces. */
    readonly journal: JournalKind<{ readonly key: string }>;
    /** Shape of its plan: `planBase`, its name as `metric`, and its own fields. */
    readonly planShape: z.ZodObject;
    /** Turns a mean over units into the metric. */
    fromMean(settings: MetricSettings): (mean: number) => number;
    /** The settings that a matrix records. @param source the user's name of the texts or questions */
    settingsOf(source: string, plan: MeasurementPlan): MetricSettings;
    /** @param folder the folder that paths are relative to */
    measurementsOf(plan: MeasurementPlan, conditions: readonly ModelState[], folder: string): JournalledMeasurements;
}

/** A metric of texts. */
export interface TextMetricKind extends AnyMetricKind {
    readonly inputs: 'texts';
    /** Whether it takes a `reference`. Default: it does not. */
    readonly compares?: boolean;
    on(corpus: Corpus, options: TextMetricOptions): Metric;
}

/** A metric of answers to questions. */
export interface QuestionMetricKind extends AnyMetricKind {
    readonly inputs: 'questions';
    /** Whether a question needs a number as its answer. */
    readonly needsNumbers: boolean;
    /** The languages that an answer may be in where some are asked. */
    answerLanguages(asked: readonly string[]): readonly string[];
    /** Notes what the questions lack, as languages that the detector does not know. */
    note(questions: Questions, options: Pick<QuestionMetricOptions, 'judge'>, progress: Progress): void;
    on(options: QuestionMetricOptions): Metric;
}

export type MetricKind = TextMetricKind | QuestionMetricKind;

/** What a metric of the scores of texts has of its own. */
export interface ScoredMetric<Own extends MetricSettings> extends MetricWords {
    readonly name: string;
    /** The shape of its settings, beside the part of each text that is scored, with their defaults. Default: none. */
    readonly own?: z.ZodObject & z.ZodType<Own>;
    /**
     * Whether texts are scored beside a reference, so that their scores have `divergence` and `agreed`. Default: they
     * are not, and have neither.
     */
    readonly compares?: boolean;
    /** What a text adds to the mean of its language. */
    unitOf(text: TextScore, settings: Own): ScoredUnit;
    /** The shares that stand beside the metric, by their names in `shares`, over the texts of a language. */
    sharesIn?(texts: readonly TextScore[]): Readonly<Record<string, number>>;
    /** Turns that mean into the metric. */
    fromMean(settings: Own): (mean: number) => number;
}

/** A text's part of the mean over the texts of a language: the sum of numerators over the sum of weights. */
export interface ScoredUnit {
    readonly numerator: number;
    readonly weight: number;
    /** Scored tokens, or bytes. */
    readonly samples: number;
}

/** The settings of `perplexityTable`; each metric takes those that are its own. @inline */
export interface TextMetricOptions extends OptionsOf<typeof perplexityTable> {
    /** Of a metric that compares: the model to compare with. Default: the measured one, unchanged. */
    readonly reference?: Engine | undefined;
}

/** The settings of `questionMetricTable`, and what is asked. @inline */
export interface QuestionMetricOptions extends OptionsOf<typeof questionMetricTable> {
    readonly questions: Questions;
    readonly template: PromptTemplate;
    /**
     * Another model, such as the base of the LoRA adapters, whose finished answers to the same prompts are drafts of
     * the whole model's. Used on a device only; drafts change the time, not the answers. Default: none.
     */
    readonly draftsOf?: DraftingModel | undefined;
}

/** A model that was measured with the same settings, and whose answers are drafts of another's. */
export interface DraftingModel {
    /** Run folder of its answers. */
    readonly folder: string;
    readonly fingerprint: string;
}

/** The parts of a metric that a matrix needs besides the measurements. */
export interface MetricFacts {
    readonly kind: MetricKind;
    /** Languages evaluated. */
    readonly languages: readonly string[];
    readonly settings: MetricSettings;
}

/** A metric on its texts or questions. */
export interface Metric extends MetricFacts {
    /** The user's name of the texts or questions, for messages. */
    readonly source: string;
    /**
     * Measures every condition in every language. Finished pieces of the same model, inputs and settings are reused.
     */
    measure(conditions: readonly ModelState[], context: MeasureContext): Promise<Measurements>;
    /**
     * Of a metric of texts: its texts, and the same metric on some of them. Default: none, so that no texts are held
     * out.
     */
    readonly texts?: { readonly corpus: Corpus; on(corpus: Corpus): Metric };
}

export interface MeasureContext extends Work {
    readonly engine: Engine;
    /** Run folder, whose journal gets each piece as soon as it is finished. */
    readonly folder: string;
    /** Conditions that are not measured now, but returned if they were measured earlier. */
    readonly known: readonly ModelState[];
    /** What the metric's texts hold, where that was read and cannot have changed. Default: it is read. */
    readonly survey?: CorpusSurvey | undefined;
    /** Measure only this part; the measurements may then lack the others. Default: all. */
    readonly shard?: Shard | undefined;
}

export interface Measurements {
    cell(condition: ModelState, language: string): Cell;
    /** Whether one of the conditions `known` has been measured in every language. Default: none has. */
    has?(condition: ModelState): boolean;
    /** The whole model on all its units, where it has more than the other conditions. */
    whole?(language: string): Cell;
    /** Tokens decoded for all cells of a condition, now or earlier. */
    decodedTokens(condition: ModelState): number;
    /** Settings that are known only after measuring. They replace the metric's own. */
    readonly settings?: MetricSettings;
    /** Of the measured texts or questions. Default: what they share with counted ones is not known. */
    readonly sketches?: EvaluatedSketches;
    /**
     * The plan as plain data. Shards write it down, so that a matrix can be made from their journals without model and
     * texts. Default: none; the work cannot then be divided.
     */
    readonly plan?: MeasurementPlan;
}

/** Measurements filled from journals, entry by entry. Entries of other work are skipped. */
export interface JournalledMeasurements extends Measurements {
    take(entry: { readonly key: string }): void;
    has(condition: ModelState): boolean;
}
