import { wrongUse } from '../../errors.js';
import { checkSettings } from '../../settings/checkSetting.js';
import { runOptions } from '../loading/checkOptions.js';
import type { Samples } from '../types/engineTypes.js';
import { NamedSamples } from './notFinite.js';
import type { Passes } from './Passes.js';
import { checkWatchedFit } from '../loading/planMemory.js';
import { missingNeuron, type Site } from '../types/Site.js';
import type { AnySample } from '../types/TokenizedSample.js';
import type { WatchedNeuron, WatchedText, WatchOptions } from '../types/watchTypes.js';

/** See `Engine.watch`. */
export async function* watch(
    passes: Passes,
    sites: readonly Site[],
    samples: Samples,
    options: WatchOptions,
): AsyncGenerator<WatchedText> {
    checkSettings(options, {}, { ...runOptions, neurons: true, edit: true, parts: true });
    checkWatched(options.neurons, sites);
    const watched = Int32Array.from(options.neurons.flat());
    checkWatchedFit(options.neurons.length, passes.context.batchSize);
    const { edit, signal } = options;
    const purpose = { count: false, head: 'none', watched } as const;
    yield* passes.stream(purpose, [edit], signal, () => watchTexts(passes, samples, options));
}

async function* watchTexts(
    passes: Passes,
    samples: Samples,
    { neurons, parts = false, ...run }: WatchOptions,
): AsyncGenerator<WatchedText> {
    await passes.context.relay(undefined);
    const named = new NamedSamples();
    let text: GrowingText | undefined;
    let places = 0; // that were begun
    /** Ends the text under way and begins the next, up to a place or, without one, all that there are. */
    const begin = function* (place?: number): Generator<WatchedText> {
        while (place === undefined || places <= place) {
            const sample = named.at(places);
            if (sample === undefined) return;
            if (text !== undefined) yield* text.end(parts);
            text = new GrowingText(sample, places++, neurons.length);
        }
    };
    for await (const { batch } of passes.decoded(samples, { ...run, named })) {
        const values = passes.context.native.watched();
        for (const [from, to] of runsOf(batch.counted, batch.samples)) {
            yield* begin(batch.samples[from]);
            text!.add(batch.tokens.subarray(from, to), values.subarray(from * neurons.length, to * neurons.length));
        }
        if (parts && text !== undefined) yield* text.take();
    }
    yield* begin();
    if (text !== undefined) yield* text.end(parts);
}

/** One text, its tokens as far as they are computed. */
class GrowingText {
    readonly #sample: AnySample;
    readonly #place: number;
    readonly #neurons: number;
    #position = 0;
    #length = 0;
    #tokens: Int32Array[] = [];
    #values: Float32Array[] = [];

    constructor(sample: AnySample, place: number, neurons: number) {
        this.#sample = sample;
        this.#place = place;
        this.#neurons = neurons;
    }

    add(tokens: Int32Array, values: Float32Array): void {
        this.#tokens.push(tokens);
        this.#values.push(values);
        this.#length += tokens.length;
    }

    /** What is left of it; a text in parts that has no tokens has no part. */
    *end(parts: boolean): Generator<WatchedText> {
        if (parts) yield* this.take();
        else yield this.#join();
    }

    /** What came since the last part, if anything did. */
    *take(): Generator<WatchedText> {
        if (this.#length === 0) return;
        const part = this.#join();
        this.#position += this.#length;
        [this.#length, this.#tokens, this.#values] = [0, [], []];
        yield part;
    }

    #join(): WatchedText {
        const tokens = new Int32Array(this.#length);
        const values = new Float32Array(this.#length * this.#neurons);
        let at = 0;
        for (const [i, part] of this.#tokens.entries()) {
            tokens.set(part, at);
            values.set(this.#values[i]!, at * this.#neurons);
            at += part.length;
        }
        const { language, response } = 'tokens' in this.#sample ? { language: '', response: '' } : this.#sample;
        return { language, text: response, tokens, values, place: this.#place, position: this.#position };
    }
}

/** Counted tokens of one text in a row, as pairs of the first and the one behind the last. */
function* runsOf(counted: Uint8Array, samples: Int32Array): Generator<readonly [number, number]> {
    let from = 0;
    for (let to = 1; to <= counted.length; to++) {
        if (counted[to] === counted[from] && samples[to] === samples[from]) continue;
        if (counted[from] === 1) yield [from, to];
        from = to;
    }
}

/** @throws LanguageNeuronsError WRONG_USE for none, or for one that the model has not */
export function checkWatched(neurons: readonly WatchedNeuron[], sites: readonly Site[]): void {
    if (neurons.length === 0) {
        throw wrongUse('`neurons` is empty; name at least one neuron to watch');
    }
    const missing = missingNeuron(neurons, sites);
    if (missing !== undefined) throw wrongUse(missing);
}
