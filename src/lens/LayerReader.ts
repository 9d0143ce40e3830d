import { type DirectPath, directPath } from '../effects/directPath.js';
import { multiplyHead, vectorsAtATime } from '../effects/multiplyHead.js';
import { numbersOf } from '../effects/neuronVectors.js';
import type { NativeAddon, NativeNorm } from '../engine/native/addon.js';
import { defaultThreads } from '../engine/loading/defaultThreads.js';
import type { Engine } from '../engine/Engine.js';
import { loadAddon } from '../engine/native/loadBackends.js';
import { modelFiles } from '../engine/files/modelFiles.js';
import { awaitNative } from '../engine/native/nativeError.js';
import { LanguageNeuronsError } from '../errors.js';
import { readGguf } from '../gguf/GgufFile.js';
import { sum } from '../support/averages.js';

const lensWords = 'what the final norm and the output head would say behind each layer';

/** A text as tokens; the likeliest tokens behind those from `begin` on are asked for. */
export interface LensText {
    readonly tokens: Int32Array;
    readonly begin: number;
}

export interface ReadingOptions {
    readonly signal?: AbortSignal | undefined;
    /** Told of tokens that are done, fractions of them too. */
    readonly onTokens?: ((tokens: number) => void) | undefined;
}

/**
 * The logit lens (nostalgebraist 2020): the residual stream behind a layer through the model's final norm and output
 * head, as if no layer came after it. Behind the last layer that gives the model's own logits, up to rounding and a
 * scale or soft cap, which keep their order.
 */
export class LayerReader {
    readonly #engine: Engine;
    readonly #addon: NativeAddon;
    readonly #path: DirectPath;
    readonly #norm: NativeNorm;
    readonly #biases: Float32Array | undefined;
    readonly #threads: number;
    readonly #width: number;

    private constructor(engine: Engine, addon: NativeAddon, path: DirectPath, norm: NativeNorm, more: Rest) {
        [this.#engine, this.#addon, this.#path, this.#norm] = [engine, addon, path, norm];
        [this.#biases, this.#threads] = [more.biases, more.threads];
        this.#width = path.head.shape[0]!;
    }

    /**
     * @param threads of the products with the head. Default: one for each physical core
     * @throws LanguageNeuronsError UNSUPPORTED for an architecture without a path from the residual stream to the
     * logits; DAMAGED
     */
    static async open(engine: Engine, threads?: number): Promise<LayerReader> {
        const { addon } = await loadAddon();
        const path = directPath(await Promise.all((await modelFiles(engine.path)).map(readGguf)), lensWords);
        const norm = {
            weights: await numbersOf(addon, path.norm),
            bias: await numbersOf(addon, path.normBias),
            centred: path.centred,
            epsilon: path.epsilon,
        };
        const rest = { biases: await numbersOf(addon, path.headBias), threads: threads ?? (await defaultThreads()) };
        return new LayerReader(engine, addon, path, norm, rest);
    }

    /** Most tokens of a text: it must fit a batch and a window, with BOS. */
    get longestText(): number {
        const { windowSize, batchSize, info } = this.#engine;
        return Math.min(windowSize, batchSize) - (info.bos >= 0 ? 1 : 0);
    }

    /**
     * Layer by layer, the likeliest token behind each token asked for, text by text.
     * @throws LanguageNeuronsError UNSUPPORTED where llama.cpp does not name the residual stream behind every layer;
     * DAMAGED where numbers are not finite; ABORTED and the engine's
     */
    async likeliest(texts: readonly LensText[], options: ReadingOptions = {}): Promise<Int32Array[]> {
        const { signal, onTokens } = options;
        const parts: Int32Array[][] = [];
        let waiting: Float32Array[][] = []; // by layer, of each text
        let rows = 0;
        const flush = async (): Promise<void> => {
            const layers = await this.#headOver(waiting.map(joined), { signal, onTokens });
            for (const [layer, tokens] of layers.entries()) (parts[layer] ??= []).push(tokens);
            [waiting, rows] = [[], 0];
        };
        for (const text of texts) {
            for (const [layer, values] of (await this.#residuals(text, signal)).entries())
                (waiting[layer] ??= []).push(values);
            rows += text.tokens.length - text.begin;
            if (rows * waiting.length >= vectorsAtATime(this.#width)) await flush();
        }
        if (rows > 0) await flush();
        return parts.map((some) => Int32Array.from(some.flatMap((tokens) => [...tokens])));
    }

    /** Of each layer, [tokens, n_embd]. */
    async #residuals({ tokens, begin }: LensText, signal: AbortSignal | undefined): Promise<Float32Array[]> {
        const layers = await this.#engine.residuals(tokens, { signal });
        const length = (tokens.length + (this.#engine.info.bos >= 0 ? 1 : 0)) * this.#width;
        const whole = layers.every(({ layer, values }, i) => layer === i && values.length === length);
        if (!whole || layers.length === 0) {
            const { path, info } = this.#engine;
            const what = `llama.cpp does not name the residual stream behind every layer of ${info.architecture}`;
            throw new LanguageNeuronsError('UNSUPPORTED', `${path}: ${what}; use a model of another architecture`);
        }
        const asked = (tokens.length - begin) * this.#width;
        return layers.map(({ values }) => values.subarray(length - asked));
    }

    /** Likeliest tokens of each layer's vectors, several layers at a time. */
    async #headOver(layers: readonly Float32Array[], { signal, onTokens }: ReadingOptions): Promise<Int32Array[]> {
        const [width, vocabulary] = this.#path.head.shape as [number, number];
        const rows = layers[0]!.length / width;
        const together = Math.max(1, Math.floor(vectorsAtATime(width) / rows));
        const found: Int32Array[] = [];
        for (let first = 0; first < layers.length; first += together) {
            const some = layers.slice(first, first + together);
            const vectors = await awaitNative(() => this.#addon.normalized(joined(some), width, this.#norm));
            const product = this.#addon.tokenEffects(vectors, width, 1, this.#threads, false);
            const share = (rows * some.length) / (layers.length * vocabulary);
            const onRows = (multiplied: number): void => onTokens?.(multiplied * share);
            await multiplyHead(product, this.#path.head, { biases: this.#biases, signal, onRows });
            const { tokens } = product.raised();
            if (tokens.length !== vectors.length / width) {
                const what = 'the residual stream or the output head holds numbers that are not finite';
                throw new LanguageNeuronsError('DAMAGED', `${this.#path.head.path}: ${what}; download the file again`);
            }
            for (let i = 0; i < some.length; i++) found.push(tokens.slice(i * rows, (i + 1) * rows));
        }
        return found;
    }
}

interface Rest {
    readonly biases: Float32Array | undefined;
    readonly threads: number;
}

function joined(parts: readonly Float32Array[]): Float32Array {
    if (parts.length === 1) return parts[0]!;
    const all = new Float32Array(sum(parts, (part) => part.length));
    let at = 0;
    for (const part of parts) {
        all.set(part, at);
        at += part.length;
    }
    return all;
}
