import { hasCode, wrongUse } from '../../errors.js';
import { foreignVocabulary } from '../files/modelHead.js';
import type { NativeBatch } from '../native/addon.js';
import type { LayerResiduals } from '../types/LayerResiduals.js';
import { throwIfStopped } from '../../support/stop.js';
import { checkSettings } from '../../settings/checkSetting.js';
import { runOptions } from '../loading/checkOptions.js';
import type {
    CountResult,
    InputSquaresResult,
    LogitsOptions,
    RunOptions,
    Samples,
    ScoreOptions,
    ScoreResult,
    TextScore,
} from '../types/engineTypes.js';
import { awaitNative } from '../native/nativeError.js';
import type { KeptLogits } from './KeptLogits.js';
import type { DecodedBatch, Passes } from './Passes.js';
import type { Purpose } from '../loading/SizedContext.js';

/** See `Engine.count`. */
export async function count(passes: Passes, samples: Samples, options: RunOptions): Promise<CountResult> {
    checkSettings(options, {}, runOptions);
    return passes.run({ count: true, values: passes.values, head: 'none' }, [], options.signal, async () => {
        const decodedTokens = await passes.decodeAll(samples, options);
        return { ...(await awaitNative(() => passes.context.native.counts())), decodedTokens };
    });
}

/**
 * See `Engine.score`.
 * @param other to compare with; `passes` itself stands for its model without the edit
 * @param kept its logits. Default: they are not kept
 */
export async function score(
    passes: Passes,
    samples: Samples,
    { edit, over = 'response', ...options }: ScoreOptions,
    other?: Passes,
    kept?: KeptLogits,
): Promise<ScoreResult> {
    const reference = other && (await referenceFor(passes, other));
    const purpose: Purpose = { count: false, head: reference === undefined ? 'scores' : 'logits' };
    const work = async (): Promise<ScoreResult> => {
        const tokenTexts = await passes.tokenTexts().catch(unlessNoVocabulary);
        const texts = new TextSums(reference !== undefined);
        const take = (decoded: DecodedBatch): void => texts.add(decoded);
        const beside = { reference, nextLogits: reference && kept?.beside(reference) };
        const decodedTokens = await passes.decodeAll(samples, { ...options, over, tokenTexts, ...beside }, take);
        return { ...texts.total(), texts: texts.all, decodedTokens };
    };
    const scored = (): Promise<ScoreResult> => passes.run(purpose, [edit], options.signal, work);
    return reference === undefined ? scored() : reference.run(purpose, [], options.signal, scored);
}

type Sums = { -readonly [Name in keyof TextScore]: TextScore[Name] };

/** Sums over the scored tokens of each text. */
class TextSums {
    readonly all: Sums[] = [];

    /** @param compared whether beside a reference */
    constructor(readonly compared: boolean) {}

    add({ batch, logProbabilities, divergences }: DecodedBatch): void {
        for (const [i, target] of batch.targets.entries()) {
            const place = batch.samples[i]!;
            while (this.all.length <= place) this.all.push(this.#none());
            if (target < 0) continue;
            const text = this.all[place]!;
            text.logProbability += logProbabilities[i]!;
            text.tokens++;
            text.bytes += batch.targetBytes[i]!;
            if (divergences === undefined) continue;
            text.divergence! += divergences.divergences[i]!;
            text.agreed! += divergences.agreed[i]!;
        }
    }

    total(): TextScore {
        const total = this.#none();
        const names = Object.keys(total) as (keyof Sums)[];
        for (const text of this.all) for (const name of names) total[name]! += text[name]!;
        return total;
    }

    #none(): Sums {
        const none = { logProbability: 0, tokens: 0, bytes: 0 };
        return this.compared ? { ...none, divergence: 0, agreed: 0 } : none;
    }
}

/**
 * The passes to compare with: a model stands beside itself in a context of its own.
 * @throws LanguageNeuronsError MISMATCH for another vocabulary, WRONG_USE for smaller windows
 */
async function referenceFor(passes: Passes, other: Passes): Promise<Passes> {
    if (other === passes) return passes.itself();
    const [path, reference] = [passes.files[0]!, other.files[0]!];
    const differing = await differingToken(passes, other);
    if (differing !== undefined) throw foreignVocabulary(path, reference, differing);
    if (other.windowSize >= passes.windowSize) return other;
    throw wrongUse(
        `${reference}: the reference takes texts in windows of ${other.windowSize} tokens, but ${path} of ` +
            `${passes.windowSize}; open both with the same \`windowSize\``,
    );
}

/** Of two models without vocabularies only the sizes can differ. @returns in what they differ, for a message */
async function differingToken(passes: Passes, other: Passes): Promise<string | undefined> {
    const [size, wanted] = [passes.info.vocabulary, other.info.vocabulary];
    if (size !== wanted) return `${size} tokens, not ${wanted}`;
    const [own, others] = await Promise.all([passes, other].map((one) => one.tokenTexts().catch(unlessNoVocabulary)));
    const token = own === undefined || others === undefined ? undefined : own.firstDifference(others);
    if (token === undefined) return undefined;
    const [text, expected] = [own!, others!].map((texts) => JSON.stringify(texts.textOf([token], true)));
    return `token ${token} is ${text}, not ${expected}`;
}

/** Samples of tokens can be scored without a vocabulary, their bytes cannot be known. */
function unlessNoVocabulary(cause: unknown): undefined {
    if (hasCode(cause, 'UNSUPPORTED')) return undefined;
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

/** See `Engine.inputSquares`. */
export async function inputSquares(passes: Passes, samples: Samples, options: RunOptions): Promise<InputSquaresResult> {
    checkSettings(options, {}, runOptions);
    const { signal, onBatch } = options;
    return passes.run({ count: false, head: 'none', inputSquares: true }, [], signal, async () => {
        let decodedTokens = 0;
        for await (const batch of passes.batches(samples)) {
            throwIfStopped(signal);
            await awaitNative(() => passes.context.native.addInputSquares(batch));
            decodedTokens += batch.tokens.length;
            onBatch?.(batch.tokens.length, batch.characters);
        }
        return { entries: passes.context.native.inputSquares(), decodedTokens };
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
    throw wrongUse(
        `the text takes ${batches.length} batches of ${passes.context.batchSize} tokens, but must fit a single one; ` +
            'give a shorter text, or raise `batchSize`',
    );
}
