import type { Argv } from 'yargs';
import { defined } from '../defined.js';
import type { NativeSplit } from '../engine/addon.js';
import { Engine, type EngineOptions, generationContextSize } from '../engine/Engine.js';
import { type GpuChoice, gpuChoices } from '../engine/loadBackends.js';
import { LanguageNeuronsError } from '../errors.js';
import { type Progress, terminalProgress } from '../progress.js';

/** What every command gets beside its arguments. */
export interface CommandContext {
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

export function commandContext(signal: AbortSignal): CommandContext {
    return { signal, progress: terminalProgress(), say: (line) => process.stderr.write(`${line}\n`) };
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
    gpuLayers: number | undefined;
    split: NativeSplit;
    mainGpu: number;
    batchSize: number | undefined;
    windowSize: number | undefined;
    threads: number | undefined;
}

/** Options of every command that opens a model. */
export function modelOptions<T>(argv: Argv<T>): Argv<T & ModelArguments> {
    return argv
        .option('model', { alias: 'm', type: 'string', demandOption: true, describe: 'GGUF file, or hf:user/repo:quant' })
        .option('lora', { type: 'string', array: true, describe: 'LoRA adapter in GGUF, optionally with :scale' })
        .option('gpu', { choices: gpuChoices, default: 'auto' as GpuChoice, describe: 'backend' })
        .option('gpu-layers', { type: 'number', describe: 'layers on the GPU (default: as many as fit)' })
        .option('split', { choices: ['layer', 'row', 'none'] as const, default: 'layer' as const, describe: 'how the model is spread over several GPUs' })
        .option('main-gpu', { type: 'number', default: 0, describe: 'GPU to use where it is not spread' })
        .option('batch-size', { type: 'number', describe: 'tokens of a batch (default: 512)' })
        .option('window-size', { type: 'number', describe: 'most tokens of one text (default: training context, at most 2048)' })
        .option('threads', { type: 'number', describe: 'CPU threads (default: one a core)' }) as unknown as Argv<T & ModelArguments>;
}

/** Options of every command that asks questions. */
export function questionOptions<T>(argv: Argv<T>): Argv<T & QuestionArguments> {
    return argv
        .option('template', { type: 'string', default: 'mathoctopus', describe: 'mathoctopus, native-cot, chat (the model\'s own), or a text file with {question}' })
        .option('limit', { type: 'number', describe: 'only the first so many questions of each language' })
        .option('max-tokens', { type: 'number', default: 256, describe: 'most tokens of an answer' })
        .option('context-size', { type: 'number', describe: `tokens of all answers at once (default: ${generationContextSize})` }) as unknown as Argv<T & QuestionArguments>;
}

/** Options of every command that reads texts. */
export function dataOptions<T>(argv: Argv<T>): Argv<T & { data: string[]; languages: string | undefined }> {
    return argv
        .option('data', { alias: 'd', type: 'string', array: true, demandOption: true, describe: 'udhr, udhr:FROM-TO, mgsm, msvamp, a folder of LL.txt or of their files, a JSONL file, or a JSON of answers' })
        .option('languages', { alias: 'l', type: 'string', describe: 'comma-separated, such as en,zh (default: all of the data)' });
}

export function engineOptions(args: ModelArguments): EngineOptions {
    const { model, lora, gpu, gpuLayers, split, mainGpu, batchSize, windowSize, threads } = args;
    return { model, loras: (lora ?? []).map(parseLora), gpu, split, mainGpu, ...defined({ gpuLayers, batchSize, windowSize, threads }) };
}

/** Opens a model and says what there is to say of it. */
export async function openEngine(options: EngineOptions, { signal, progress }: Pick<CommandContext, 'signal' | 'progress'>): Promise<Engine> {
    const engine = await Engine.open({ ...options, signal, progress });
    for (const note of engine.notes) progress.note(note);
    return engine;
}

/** `PATH` or `PATH:SCALE`; the scale comes after the last colon, so that a drive letter stays part of a path. */
export function parseLora(text: string): { path: string; scale: number } {
    const found = /^(.+):([-+]?\d*\.?\d+(?:e[-+]?\d+)?)$/i.exec(text);
    return found === null ? { path: text, scale: 1 } : { path: found[1]!, scale: Number(found[2]) };
}

/** @throws LanguageNeuronsError WRONG_USE */
export function parseLanguages(text: string | undefined): string[] | undefined {
    if (text === undefined) return undefined;
    const languages = text.split(',').map((language) => language.trim()).filter((language) => language !== '');
    if (languages.length === 0) throw new LanguageNeuronsError('WRONG_USE', '--languages names no language; give for example --languages en,zh');
    return languages;
}
