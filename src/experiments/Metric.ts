import type { Shard } from '../activations/Shard.js';
import type { Engine } from '../engine/Engine.js';
import type { Progress } from '../support/progress.js';
import type { Condition } from './conditions.js';
import type { MetricName } from './DeactivationMatrix.js';
import type { MeasurementPlan } from './planShapes.js';

/** What of a metric a matrix is made of, beside its measurements. */
export interface MetricFacts {
    readonly name: MetricName;
    /** Languages evaluated. */
    readonly languages: readonly string[];
    readonly settings: Readonly<Record<string, string | number>>;
    /** Turns a mean into the metric. */
    readonly fromMean: (mean: number) => number;
}

/** What a deactivation experiment measures, and on what. */
export interface Metric extends MetricFacts {
    /** What the user called the texts or questions, for messages. */
    readonly source: string;
    /**
     * Measures every condition in every language. What was measured before of the same model, inputs and settings
     * is taken over.
     */
    measure(conditions: readonly Condition[], context: MeasureContext): Promise<Measurements>;
}

export interface MeasureContext {
    readonly engine: Engine;
    /** Gets what is finished, as soon as it is. */
    readonly folder: string;
    /** Conditions that are not to be measured, but wanted where they have been. */
    readonly known: readonly Condition[];
    /** Measure only this part: the measurements may lack the others. Default: all. */
    readonly shard?: Shard | undefined;
    readonly signal?: AbortSignal | undefined;
    readonly progress: Progress;
}

export interface Measurements {
    cell(condition: Condition, language: string): Cell;
    /** Whether one of the conditions `known` has been measured in every language. Default: none has. */
    has?(condition: Condition): boolean;
    /** The whole model on all that it was measured on, where that is more than the other conditions were. */
    whole?(language: string): Cell;
    /** Tokens that went through the model for all cells of a condition, now or earlier. */
    decodedTokens(condition: Condition): number;
    /** Settings that are known now only; they go before the metric's own. */
    readonly settings?: Readonly<Record<string, string | number>>;
    /** Which texts were measured, by language; see `Sketch`. */
    readonly sketches?: Readonly<Record<string, string>>;
    /**
     * What is measured, as plain data: shards write it down, so that a matrix can be made of their journals without
     * model and texts. Default: none; the work cannot be divided.
     */
    readonly plan?: MeasurementPlan;
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
    readonly answers?: Readonly<Record<'number' | 'language' | 'untold' | 'cut', number>>;
}
