import type { z } from 'zod';
import type { Activations } from '../activations/Activations.js';
import type { Corpus } from '../corpus/Corpus.js';
import type { Engine } from '../engine/Engine.js';
import type { EngineOptions } from '../engine/types/engineTypes.js';
import type { NeuronAnalysis } from '../neurons/analysis/NeuronAnalysis.js';
import type { ArgumentsOf } from '../settings/Setting.js';
import type { checkTable } from '../settings/settings.js';
import type { KeyPart } from '../support/keyOf.js';
import type { Progress } from '../support/progress.js';
import type { Finding } from './CheckResult.js';

/** Settings of checks, with their defaults. */
export type CheckSettings = ArgumentsOf<typeof checkTable>;

/** What a check may need beside counts and neurons. */
export type CheckNeed = 'model' | 'data';

/** Opens a model with the given settings, or others; each is opened once and closed when all checks are done. */
export type EngineFactory = (options?: Partial<EngineOptions>) => Promise<Engine>;

/** What a check works with. */
export interface CheckContext {
    /** Run folder. */
    readonly folder: string;
    readonly activations: Activations;
    /** Made from these counts. */
    readonly analysis: NeuronAnalysis;
    readonly settings: CheckSettings;
    /** The analysed model. Only where the check needs `model`; texts only where it needs `data`. */
    readonly engine: EngineFactory;
    readonly corpus: () => Promise<Corpus>;
    /**
     * Does a part of long work once: its result stays in `checks/NAME.jsonl`, so that a stopped check continues.
     * @param part what the part is of, beside what the check's identity is made of
     */
    readonly kept: <Shape extends z.ZodType>(
        part: KeyPart,
        shape: Shape,
        compute: () => Promise<z.output<Shape>>,
    ) => Promise<z.output<Shape>>;
    readonly progress: Progress;
    readonly signal: AbortSignal | undefined;
}

/** One check of a finding: a question that a sceptic asks, and how it is answered. */
export interface Check {
    /** Such as `chance`; letters, digits and dashes. Names its file. */
    readonly name: string;
    /** Such as `Would as many neurons be found where there is nothing to find?`; yes and no need not be its answers. */
    readonly question: string;
    readonly needs: readonly CheckNeed[];
    /** How long it takes, in a few words, such as `seconds` or `a pass over the texts for each neuron`. */
    readonly cost: string;
    /** Which settings shape it. */
    readonly settings: readonly (keyof CheckSettings)[];
    /** From 1; raised by a change that gives other numbers. */
    readonly version: number;
    /** Identity of what else it reads, such as matrices in the folder. */
    readonly reads?: (context: Omit<CheckContext, 'kept'>) => Promise<KeyPart>;
    /**
     * Answers the question. What is missing in the folder is told by the verdict `not told`, with what to do.
     * @throws LanguageNeuronsError ABORTED where the signal is
     */
    readonly run: (context: CheckContext) => Promise<Finding>;
}
