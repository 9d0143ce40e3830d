import { LanguageNeuronsError } from '../errors.js';
import type { NativeBatch } from './addon.js';
import type { LayerResiduals } from './LayerResiduals.js';
import { checkSettings } from '../settings/checkSetting.js';
import { perplexityTable } from '../settings/settings.js';
import { runOptions } from './checkOptions.js';
import type {
    CountResult,
    LogitsOptions,
    RunOptions,
    Samples,
    ScoreOptions,
    ScoreResult,
    TextScore,
} from './engineTypes.js';
import { awaitNative } from './nativeError.js';
import type { PackedBatch } from './packBatches.js';
import type { Passes } from './Passes.js';
import type { Purpose } from './SizedContext.js';

/** See `Engine.count`. */
export async function count(passes: Passes, samples: Samples, options: RunOptions): Promise<CountResult> {
    checkSettings(options, {}, runOptions);
    return passes.run({ count: true, values: passes.values, head: 'none' }, [], options.signal, async () => {
        const decodedTokens = await passes.decodeAll(samples, options);
        return { ...(await awaitNative(() => passes.context.native.counts())), decodedTokens };
    });
}

/** See `Engine.score`. */
export async function score(passes: Passes, samples: Samples, options: ScoreOptions): Promise<ScoreResult> {
    checkSettings(options, { over: perplexityTable.over }, { ...runOptions, edit: true });
    const { edit, over = 'response' } = options;
    const purpose: Purpose = { count: false, head: 'scores' };
    return passes.run(purpose, [edit], options.signal, async () => {
        const texts: { logProbability: number; tokens: number; bytes: number }[] = [];
        const tokenTexts = await passes.tokenTexts().catch(unlessNoVocabulary);
        const take = (batch: PackedBatch, logProbabilities: Float64Array): void => {
            for (const [i, target] of batch.targets.entries()) {
                const place = batch.samples[i]!;
                while (texts.length <= place) texts.push({ logProbability: 0, tokens: 0, bytes: 0 });
                if (target < 0) continue;
                texts[place]!.logProbability += logProbabilities[i]!;
                texts[place]!.tokens++;
                texts[place]!.bytes += batch.targetBytes[i]!;
            }
        };
        const decodedTokens = await passes.decodeAll(samples, { ...options, over, tokenTexts }, take);
        const sum = (of: (text: TextScore) => number): number => texts.reduce((total, text) => total + of(text), 0);
        return {
            logProbability: sum(({ logProbability }) => logProbability),
            tokens: sum(({ tokens }) => tokens),
            bytes: sum(({ bytes }) => bytes),
            texts,
            decodedTokens,
        };
    });
}

/** Samples of tokens can be scored without a vocabulary, their bytes cannot be known. */
function unlessNoVocabulary(cause: unknown): undefined {
    if (cause instanceof LanguageNeuronsError && cause.code === 'UNSUPPORTED') return undefined;
    throw cause;
}

/** See `Engine.logits`. */
export async function logits(passes: Passes, text: string | Int32Array, options: LogitsOptions): Promise<Float32Array> {
    checkSettings(options, {}, { edit: true });
    return passes.run({ count: false, head: 'logits' }, [options.edit], undefined, async () => {
        const batch = await onlyBatch(passes, text);
        return awaitNative(() => passes.context.native.logits(batch));
    });
}

/** See `Engine.residuals`. */
export async function residuals(
    passes: Passes,
    text: string | Int32Array,
    options: Pick<RunOptions, 'signal'>,
): Promise<readonly LayerResiduals[]> {
    checkSettings(options, {}, { signal: true });
    return passes.run({ count: false, head: 'none', residuals: true }, [], options.signal, async () => {
        const batch = await onlyBatch(passes, text);
        return awaitNative(() => passes.context.native.residuals(batch));
    });
}

/** @throws LanguageNeuronsError WRONG_USE where the text does not fit one sequence in one batch */
async function onlyBatch(passes: Passes, text: string | Int32Array): Promise<NativeBatch> {
    const batches: NativeBatch[] = [];
    const sample =
        typeof text === 'string'
            ? { language: '', prompt: '', response: text }
            : { tokens: text, promptLength: 0, characters: 0 };
    for await (const batch of passes.batches([sample])) batches.push(batch);
    if (batches.length === 1) return batches[0]!;
    throw new LanguageNeuronsError(
        'WRONG_USE',
        `the text takes ${batches.length} batches of ${passes.context.batchSize} tokens, but must fit a single one; ` +
            'give a shorter text, or raise `batchSize`',
    );
}
