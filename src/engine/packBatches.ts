import type { NativeBatch } from './addon.js';
import type { TokenizedSample } from './tokenizeSamples.js';

export interface PackOptions {
    /** Tokens of a batch; every batch but the last is full unless sequences run out. */
    readonly batchSize: number;
    /** Most tokens of a sequence, BOS included; longer samples are cut into windows of that size. */
    readonly windowSize: number;
    /** Sequence ids at hand. */
    readonly sequences: number;
    /** Token that begins every sequence, or -1. */
    readonly bos: number;
}

/** A batch, and the characters of the samples that end with it. */
export interface PackedBatch extends NativeBatch {
    readonly characters: number;
}

/**
 * Lays samples one behind another and cuts the tape into full batches. A sequence that crosses an
 * edge goes on in the next batch, its KV cells kept: packing changes no token's context. BOS and
 * prompt tokens are not counted; a token is scored where it is counted and something precedes it.
 * Samples in a row with the same prompt share its tokens but the last, which go through once.
 */
export async function* packBatches(
    samples: AsyncIterable<TokenizedSample>,
    options: PackOptions,
): AsyncGenerator<PackedBatch> {
    const free = Array.from({ length: options.sequences }, (_, id) => options.sequences - 1 - id);
    let batch = new BatchBuilder(options.batchSize);
    const flush = (): PackedBatch => {
        const built = batch.build();
        free.push(...built.finished);
        batch = new BatchBuilder(options.batchSize);
        return built;
    };
    for await (const group of groupsOf(samples, options)) {
        const windows = group.flatMap((sample) => [...windowsOf(sample, options)].map((window, i, all) => ({ ...window, characters: i === all.length - 1 ? sample.characters : 0 })));
        // Windows of one long sample have nothing in common; those of a group begin alike.
        const shared = group.length > 1 ? windows[0]!.promptLength - 1 : 0;
        const together = group.length > 1 ? windows.length : 1;
        for (let first = 0; first < windows.length; first += together) {
            if (free.length < together) yield flush();
            const ids = Array.from({ length: together }, () => free.pop()!);
            for (let position = 0; position < shared; position++) {
                if (batch.full) yield flush();
                batch.add(windows[first]!.tokens[position]!, position, ids, 0, -1);
            }
            for (const [i, sequence] of ids.entries()) {
                const { tokens, promptLength, characters } = windows[first + i]!;
                for (let position = shared; position < tokens.length; position++) {
                    if (batch.full) yield flush();
                    const nextScored = position + 1 < tokens.length && position + 1 >= promptLength;
                    batch.add(tokens[position]!, position, [sequence], position >= promptLength ? 1 : 0, nextScored ? tokens[position + 1]! : -1);
                }
                batch.finish(sequence);
                batch.characters += characters;
            }
        }
        if (windows.length === 0) batch.characters += group.reduce((sum, { characters }) => sum + characters, 0);
    }
    if (batch.length > 0) yield flush();
}

/** Samples in a row that have the same prompt and fit a window; any other is a group of its own. */
async function* groupsOf(samples: AsyncIterable<TokenizedSample>, { windowSize, sequences, bos }: PackOptions): AsyncGenerator<TokenizedSample[]> {
    const fits = ({ tokens }: TokenizedSample): boolean => tokens.length + (bos >= 0 ? 1 : 0) <= windowSize;
    const alike = (a: TokenizedSample, b: TokenizedSample): boolean => {
        if (a.promptLength < 2 || a.promptLength !== b.promptLength || !fits(a) || !fits(b)) return false;
        for (const sample of [a, b]) if (sample.tokens.length === sample.promptLength) return false; // counts nothing
        for (let i = 0; i < a.promptLength; i++) if (a.tokens[i] !== b.tokens[i]) return false;
        return true;
    };
    let group: TokenizedSample[] = [];
    for await (const sample of samples) {
        if (group.length > 0 && (group.length === sequences || !alike(group[0]!, sample))) {
            yield group;
            group = [];
        }
        group.push(sample);
    }
    if (group.length > 0) yield group;
}

/** The sample as sequences of at most `windowSize` tokens, each with its BOS as part of the prompt. */
function* windowsOf(sample: TokenizedSample, { windowSize, bos }: PackOptions): Generator<Omit<TokenizedSample, 'characters'>> {
    const lead = bos >= 0 ? 1 : 0;
    const room = windowSize - lead;
    for (let begin = 0; begin < sample.tokens.length; begin += room) {
        const part = sample.tokens.subarray(begin, begin + room);
        const promptLength = Math.min(part.length, Math.max(0, sample.promptLength - begin));
        if (promptLength === part.length) continue; // a window of prompt alone counts nothing
        const tokens = new Int32Array(lead + part.length);
        if (lead === 1) tokens[0] = bos;
        tokens.set(part, lead);
        yield { tokens, promptLength: promptLength + lead };
    }
}

class BatchBuilder {
    length = 0;
    characters = 0;
    readonly #tokens: Int32Array;
    readonly #positions: Int32Array;
    readonly #sequences: Int32Array;
    readonly #counted: Uint8Array;
    readonly #targets: Int32Array;
    readonly #finished: number[] = [];
    readonly #shared: number[] = [];

    constructor(size: number) {
        this.#tokens = new Int32Array(size);
        this.#positions = new Int32Array(size);
        this.#sequences = new Int32Array(size);
        this.#counted = new Uint8Array(size);
        this.#targets = new Int32Array(size);
    }

    get full(): boolean {
        return this.length === this.#tokens.length;
    }

    add(token: number, position: number, sequences: readonly number[], counted: number, target: number): void {
        const i = this.length++;
        this.#tokens[i] = token;
        this.#positions[i] = position;
        this.#sequences[i] = sequences[0]!;
        for (let s = 1; s < sequences.length; s++) this.#shared.push(i, sequences[s]!);
        this.#counted[i] = counted;
        this.#targets[i] = target;
    }

    finish(sequence: number): void {
        this.#finished.push(sequence);
    }

    build(): PackedBatch {
        const n = this.length;
        return {
            tokens: this.#tokens.subarray(0, n),
            positions: this.#positions.subarray(0, n),
            sequences: this.#sequences.subarray(0, n),
            counted: this.#counted.subarray(0, n),
            targets: this.#targets.subarray(0, n),
            finished: Int32Array.from(this.#finished),
            shared: Int32Array.from(this.#shared),
            characters: this.characters,
        };
    }
}
