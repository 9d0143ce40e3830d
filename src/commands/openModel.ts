import { defined } from '../support/defined.js';
import type { NativeSplit } from '../engine/addon.js';
import { Engine } from '../engine/Engine.js';
import type { EngineOptions } from '../engine/engineTypes.js';
import type { GpuChoice } from '../engine/loadBackends.js';
import { LanguageNeuronsError } from '../errors.js';
import type { CommandContext } from './CommandDeclaration.js';

/** Tells a process of `--devices` which one it is for: it is to work on no other, nor on the processor. */
export const deviceVariable = 'LANGUAGE_NEURONS_DEVICE';

/** Arguments of every command that opens a model; `modelOptions` declares them. */
export interface ModelArguments {
    model: string;
    lora: string[] | undefined;
    gpu: GpuChoice;
    rpc: string | undefined;
    gpuLayers: number | undefined;
    split: NativeSplit;
    mainGpu: number;
    cpuExperts: number | undefined;
    batchSize: number | undefined;
    windowSize: number | undefined;
    threads: number | undefined;
    allowNonfinite?: boolean | undefined;
}

export function toEngineOptions(args: ModelArguments): EngineOptions {
    const { model, lora, gpu, gpuLayers, split, mainGpu, cpuExperts, batchSize, windowSize, threads, allowNonfinite } =
        args;
    return {
        model,
        loras: (lora ?? []).map(parseLora),
        gpu,
        split,
        mainGpu,
        ...defined({
            rpc: args.rpc?.split(','),
            gpuLayers,
            cpuExperts,
            batchSize,
            windowSize,
            threads,
            allowNonfinite,
        }),
    };
}

/** Opens a model and says what there is to say of it. */
export async function openEngine(
    options: EngineOptions,
    { signal, progress }: Pick<CommandContext, 'signal' | 'progress'>,
): Promise<Engine> {
    const engine = await Engine.open({ ...options, signal, progress });
    for (const note of engine.notes) progress.note(note);
    if (process.env[deviceVariable] === undefined || engine.backends.gpus.length > 0) return engine;
    engine.close();
    throw new LanguageNeuronsError('NOT_FOUND', 'no such GPU is found; language-neurons inspect says why');
}

/**
 * `PATH` or `PATH:SCALE`; the scale comes after the last colon, so that a drive letter stays part of a path.
 * @throws LanguageNeuronsError WRONG_USE for a scale beyond all numbers
 */
export function parseLora(text: string): { path: string; scale: number } {
    const found = /^(.+):([-+]?\d*\.?\d+(?:e[-+]?\d+)?)$/i.exec(text);
    if (found === null) return { path: text, scale: 1 };
    const scale = Number(found[2]);
    if (!Number.isFinite(scale)) {
        const mend = `give for example ${found[1]!}:0.5`;
        throw new LanguageNeuronsError('WRONG_USE', `--lora takes a finite scale, not ${found[2]!}; ${mend}`);
    }
    return { path: found[1]!, scale };
}
