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
    for await (const sample of samples) {
        for (const window of windowsOf(sample, options)) {
            if (free.length === 0) yield flush();
            const sequence = free.pop()!;
            const { tokens, promptLength } = window;
            for (let position = 0; position < tokens.length; position++) {
                if (batch.full) yield flush();
                const nextScored = position + 1 < tokens.length && position + 1 >= promptLength;
                batch.add(
                    tokens[position]!,
                    position,
                    sequence,
                    position >= promptLength ? 1 : 0,
                    nextScored ? tokens[position + 1]! : -1,
                );
            }
            batch.finish(sequence);
        }
        batch.characters += sample.characters;
    }
    if (batch.length > 0) yield flush();
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

    add(token: number, position: number, sequence: number, counted: number, target: number): void {
        const i = this.length++;
        this.#tokens[i] = token;
        this.#positions[i] = position;
        this.#sequences[i] = sequence;
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
            characters: this.characters,
        };
    }
}
