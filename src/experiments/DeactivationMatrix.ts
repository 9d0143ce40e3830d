import type { Operation } from '../interventions/Operation.js';
import type { Interval } from '../neurons/NeuronAnalysis.js';
import type { NeuronSetName } from '../neurons/neuronSets.js';

/** Perplexity of texts, or the share of questions answered rightly, from 0 to 1. */
export type MetricName = 'ppl' | 'accuracy';

export const metricNames: readonly MetricName[] = ['ppl', 'accuracy'];

/** [rows][columns] */
export type Grid<T = number> = readonly (readonly T[])[];

/** 95 % interval; null where one text or question is too few to say. */
export type CellInterval = Interval | null;

/**
 * One matrix of an experiment (of deactivation: figs. 2, 6-13). Row r: the language whose neurons are deactivated, or
 * changed in another way; column c: the language evaluated.
 */
export interface DeactivationSet {
    readonly rows: readonly string[];
    readonly columns: readonly string[];
    /** Metric of the whole model in each column's language. Length columns. */
    readonly baseline: readonly number[];
    /** Metric with row r's neurons changed. */
    readonly values: Grid;
    /** values − baseline. */
    readonly change: Grid;
    /** What as many random neurons of the same sites do, values − baseline, on average over the seeds. */
    readonly control: Grid;
    /** The same for each seed, [seeds][rows][columns]. */
    readonly controls: readonly Grid[];
    /** change − control: what the row's neurons do beyond their number. */
    readonly beyondControl: Grid;
    /**
     * Intervals (95 %): of an accuracy by Wilson, of a difference of accuracies as `accuracyDifferenceInterval`; of a
     * perplexity and of a difference of perplexities by bootstrap over the texts. Paired: both sides of a difference
     * are taken on the same texts or questions.
     */
    readonly intervals: {
        readonly baseline: readonly CellInterval[];
        readonly values: Grid<CellInterval>;
        readonly change: Grid<CellInterval>;
        readonly beyondControl: Grid<CellInterval>;
    };
    /** Scored tokens, or questions, behind each cell. */
    readonly samples: Grid;
    /** Neurons changed in each row. Length rows. */
    readonly neurons: readonly number[];
    /** Of accuracies: what they are made of. */
    readonly answers?: AnswerShares;
}

/**
 * Shares of all answers, the whole model's and those of each cell. An answer is right where the number is right and the
 * language its own.
 */
export interface AnswerShares {
    /** Right number, in whatever language. */
    readonly number: AnswerShare;
    /** In the language of the question, whatever the number. */
    readonly language: AnswerShare;
    /** Right number, in a text too short or mixed to tell its language; not right. */
    readonly untold: AnswerShare;
    /** Ended by the most tokens of an answer, maybe before their result. Absent in files of older versions. */
    readonly cut?: AnswerShare | undefined;
}

export interface AnswerShare {
    /** Length columns. */
    readonly baseline: readonly number[];
    readonly values: Grid;
}

/** The whole model on each text or question of a language: what a comparison of two models pairs. */
export interface WholeModelUnits {
    /** The metric is made of the sum of these, */
    readonly numerators: readonly number[];
    /** over the sum of these. */
    readonly weights: readonly number[];
}

/** The model that was measured. */
export interface MeasuredModel {
    readonly name: string;
    readonly quantization: string;
    readonly fingerprint: string;
}

/** What was measured, and of what: of matrices and dose curves alike. */
export interface MeasuredIntervention {
    readonly metric: MetricName;
    /** How it was measured: settings of the metric, by name. */
    readonly settings: Readonly<Record<string, string | number>>;
    /** The model that was measured. Absent in files of format 3. */
    readonly model?: MeasuredModel | undefined;
    /** Names the neurons of its analysis; see `neuronsDigest`. Absent in files of format 3. */
    readonly neurons?: string | undefined;
    /** What was done to the neurons; absent: they were deactivated. */
    readonly operation?: Operation | undefined;
    /**
     * By language, the share of the texts that its neurons were found on too; absent where none was, or it is not
     * known.
     */
    readonly counted?: Readonly<Record<string, number>> | undefined;
    readonly languages: readonly string[];
    /** By language. */
    readonly whole: Readonly<Record<string, WholeModelUnits>>;
    /** Tokens that went through the model for all cells, now or earlier. */
    readonly decodedTokens: number;
}

/** What `ppl.matrix.json`, `accuracy.matrix.json` or, of another operation, `ppl.scale-0.5.matrix.json` holds. */
export interface DeactivationMatrix extends MeasuredIntervention {
    readonly sets: Readonly<Partial<Record<NeuronSetName, DeactivationSet>>>;
}
