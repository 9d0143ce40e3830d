import { stat } from 'node:fs/promises';
import { parseShard, type Shard, shardName } from '../activations/Shard.js';
import { defined } from '../defined.js';
import type { NativeSplit } from '../engine/addon.js';
import { Engine } from '../engine/Engine.js';
import type { EngineOptions } from '../engine/engineTypes.js';
import type { GpuChoice } from '../engine/loadBackends.js';
import { LanguageNeuronsError } from '../errors.js';
import { withFolder } from '../folderLock.js';
import type { Progress } from '../progress.js';
import { clean, type CleanKind, removedWords } from '../run/clean.js';

/** Tells a process of `--devices` which one it is for: it is to work on no other, nor on the processor. */
export const deviceVariable = 'LANGUAGE_NEURONS_DEVICE';

/** What every command gets beside its arguments. */
export interface CommandContext {
    /** What was typed. */
    readonly args: readonly string[];
    /** Aborted by the first Ctrl-C. */
    readonly signal: AbortSignal;
    readonly progress: Progress;
    /** Words for people, on stderr. */
    say(line: string): void;
}

/** What a command answers: `json` for `--json`, `text` otherwise; both on stdout. */
export interface CommandResult {
    readonly json: unknown;
    readonly text: string;
}

export interface QuestionArguments {
    template: string;
    limit: number | undefined;
    maxTokens: number;
    contextSize: number | undefined;
}

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
}

export function engineOptions(args: ModelArguments): EngineOptions {
    const { model, lora, gpu, gpuLayers, split, mainGpu, cpuExperts, batchSize, windowSize, threads } = args;
    return {
        model,
        loras: (lora ?? []).map(parseLora),
        gpu,
        split,
        mainGpu,
        ...defined({ rpc: args.rpc?.split(','), gpuLayers, cpuExperts, batchSize, windowSize, threads }),
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

/** @throws LanguageNeuronsError WRONG_USE */
export function parseLanguages(text: string | undefined, option = '--languages'): string[] | undefined {
    if (text === undefined) return undefined;
    const languages = text
        .split(',')
        .map((language) => language.trim())
        .filter((language) => language !== '');
    if (languages.length === 0)
        throw new LanguageNeuronsError('WRONG_USE', `${option} names no language; give for example ${option} en,zh`);
    return languages;
}

/** @throws LanguageNeuronsError WRONG_USE */
export function readShardArgument({
    shard: text,
    fresh,
}: {
    readonly shard: string | undefined;
    readonly fresh: boolean;
}): Shard | undefined {
    const shard = text === undefined ? undefined : parseShard(text);
    if (shard !== undefined && fresh) {
        const mend = `remove *.shard-${shardName(shard)}.* yourself`;
        throw new LanguageNeuronsError('WRONG_USE', `--fresh removes what other shards made too; ${mend}`);
    }
    return shard;
}

/** Work in a folder, after `--fresh` has removed what is there of some kinds and said what. */
export async function freshly<T>(
    {
        fresh,
        folder,
        kinds,
    }: { readonly fresh: boolean; readonly folder: string; readonly kinds?: readonly CleanKind[] },
    { say }: CommandContext,
    work: () => Promise<T>,
): Promise<T> {
    if (!fresh || (await stat(folder).catch(() => undefined)) === undefined) return work();
    return withFolder(folder, 'clean', async () => {
        say(`--fresh removed from ${folder}: ${removedWords(await clean(folder, kinds))}`);
        return work();
    });
}
