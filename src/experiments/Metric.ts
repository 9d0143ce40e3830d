import type { Engine } from '../engine/Engine.js';
import type { Progress } from '../progress.js';
import type { Condition } from './conditions.js';
import type { MetricName } from './DeactivationMatrix.js';

/** What a deactivation experiment measures, and on what. */
export interface Metric {
    readonly name: MetricName;
    /** What the user called the texts or questions, for messages. */
    readonly source: string;
    /** Languages evaluated. */
    readonly languages: readonly string[];
    readonly settings: Readonly<Record<string, string | number>>;
    /** Turns a mean into the metric. */
    readonly of: (mean: number) => number;
    /**
     * Measures every condition in every language. Parts finished by an earlier, stopped run over the same
     * model and inputs are taken over.
     */
    measure(conditions: readonly Condition[], context: MeasureContext): Promise<Measurements>;
}

export interface MeasureContext {
    readonly engine: Engine;
    /** Gets what is finished while the work lasts. */
    readonly folder: string;
    readonly signal?: AbortSignal | undefined;
    readonly progress: Progress;
}

export interface Measurements {
    cell(condition: Condition, language: string): Cell;
    /** The whole model on all that it was measured on, where that is more than the other conditions were. */
    whole?(language: string): Cell;
    /** Tokens that went through the model for all cells. */
    readonly decodedTokens: number;
    /** Called once the results are written: what was only there for a stopped run goes. */
    finish(): Promise<void>;
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
    readonly answers?: { readonly number: number; readonly language: number; readonly untold: number };
}
