import { sum } from '../../support/averages.js';
import type { NativeBatch } from '../native/addon.js';
import { BatchBuilder } from './BatchBuilder.js';
import type { EditsByToken } from '../types/edits.js';
import type { ScoredPart } from '../types/engineTypes.js';
import type { TokenizedSample } from '../types/TokenizedSample.js';

export interface PackOptions {
    /** Tokens of a batch; every batch but the last is full unless sequences run out. */
    readonly batchSize: number;
    /** Most tokens of a sequence, BOS included; longer samples are cut into windows of that size. */
    readonly windowSize: number;
    /** Sequence ids at hand. */
    readonly sequences: number;
    /** Token that begins every sequence, or -1. */
    readonly bos: number;
    /** Tokens that are scored. Default: the response's. */
    readonly scored?: ScoredPart;
    /** Number of a token's edit; see `EditsByToken.at`. Default: 0 for all. */
    readonly editAt?: EditsByToken['at'] | undefined;
}

/** A batch, and of each token its sample's place in the stream. */
export interface PackedBatch extends NativeBatch {
    readonly samples: Int32Array;
    /** Of each target the bytes of its text; 0 where there is none, or they were not asked for. */
    readonly targetBytes: Int32Array;
    /** The batch's share of its samples' characters, by tokens; over all batches they sum to the samples'. */
    readonly characters: number;
}

/** A sample and its place in the stream. */
interface Placed extends TokenizedSample {
    readonly place: number;
}

type Window = Omit<Placed, 'characters'>;

/**
 * Lays samples one behind another and cuts the tape into full batches. A sequence that crosses an
 * edge goes on in the next batch, its KV cells kept: packing changes no token's context. BOS and
 * prompt tokens are not counted; a token is scored where it is of the part asked for and something
 * precedes it. Samples in a row with the same prompt share its tokens but the last, which go through
 * once, unless the prompt is scored, or a text's edits differ there from those of the text before it.
 */
export async function* packBatches(
    samples: AsyncIterable<TokenizedSample>,
    options: PackOptions,
): AsyncGenerator<PackedBatch> {
    const tape = new Tape(options);
    for await (const group of groupsOf(samples, options)) {
        const windows = group.flatMap((sample) => [...windowsOf(sample, options)]);
        // Windows of one long sample have nothing in common; those of a group begin alike.
        const shared = group.length > 1 ? windows[0]!.promptLength - 1 : 0;
        const together = group.length > 1 ? windows.length : 1;
        const characters = sum(group, (sample) => sample.characters);
        const charactersOfNext = spread(
            characters,
            windows.reduce((sum, { tokens }) => sum + tokens.length - shared, shared),
        );
        for (let first = 0; first < windows.length; first += together) {
            if (tape.free.length < together) yield tape.cut();
            const ids = Array.from({ length: together }, () => tape.free.pop()!);
            for (let position = 0; position < shared; position++) {
                if (tape.full) yield tape.cut();
                tape.add(windows[first]!, position, ids, charactersOfNext());
            }
            for (const [i, id] of ids.entries()) {
                const window = windows[first + i]!;
                for (let position = shared; position < window.tokens.length; position++) {
                    if (tape.full) yield tape.cut();
                    tape.add(window, position, [id], charactersOfNext());
                }
                tape.batch.finish(id);
            }
        }
        if (windows.length === 0) tape.characters += characters;
    }
    if (!tape.batch.empty) yield tape.cut();
}

/** The batch in the making, what is known of its tokens, and the sequence ids that are free. */
class Tape {
    readonly free: number[];
    batch: BatchBuilder;
    characters = 0;
    #places: number[] = [];
    #targetBytes: number[] = [];

    constructor(readonly options: PackOptions) {
        const { batchSize, sequences } = options;
        this.free = Array.from({ length: sequences }, (_, id) => sequences - 1 - id);
        this.batch = new BatchBuilder(batchSize);
    }

    get full(): boolean {
        return this.batch.capacity === 0;
    }

    /** @param ids the sequences that the token belongs to */
    add({ tokens, promptLength, place, bytes }: Window, position: number, ids: number[], characters: number): void {
        const { editAt = () => 0 } = this.options;
        const next = position + 1;
        const nextScored = next < tokens.length && isScored(next, promptLength, this.options);
        this.batch.add(tokens[position]!, position, ids, {
            counted: position >= promptLength,
            target: nextScored ? tokens[next]! : -1,
            edit: editAt(position, promptLength, place),
        });
        this.#places.push(place);
        this.#targetBytes.push(nextScored ? (bytes?.[next] ?? 0) : 0);
        this.characters += characters;
    }

    /** Gives the batch as it is, and begins another. */
    cut(): PackedBatch {
        const built = {
            ...this.batch.build(),
            samples: Int32Array.from(this.#places),
            targetBytes: Int32Array.from(this.#targetBytes),
            characters: this.characters,
        };
        this.free.push(...built.finished);
        this.batch = new BatchBuilder(this.options.batchSize);
        this.characters = 0;
        [this.#places, this.#targetBytes] = [[], []];
        return built;
    }
}

/** Spreads characters over tokens: each call gives those of the next token, and all calls their sum. */
function spread(characters: number, tokens: number): () => number {
    let [token, given] = [0, 0];
    return () => {
        const before = given;
        given = Math.floor((characters * ++token) / tokens);
        return given - before;
    };
}

function isScored(position: number, promptLength: number, { scored = 'response', bos }: PackOptions): boolean {
    if (scored === 'response') return position >= promptLength;
    return position >= (bos >= 0 ? 1 : 0) && (scored === 'text' || position < promptLength);
}

/** Samples in a row whose prompts are computed alike and that fit a window; any other is a group of its own. */
async function* groupsOf(
    samples: AsyncIterable<TokenizedSample>,
    { windowSize, sequences, bos, scored = 'response', editAt = () => 0 }: PackOptions,
): AsyncGenerator<Placed[]> {
    const lead = bos >= 0 ? 1 : 0;
    const fits = ({ tokens }: TokenizedSample): boolean => tokens.length + lead <= windowSize;
    const alike = (a: Placed, b: Placed): boolean => {
        if (scored !== 'response' || a.promptLength < 2 || a.promptLength !== b.promptLength || !fits(a) || !fits(b))
            return false;
        for (const sample of [a, b]) if (sample.tokens.length === sample.promptLength) return false; // counts nothing
        for (let i = 0; i < a.promptLength; i++) if (a.tokens[i] !== b.tokens[i]) return false;
        const length = a.promptLength + lead;
        for (let i = 0; i < length; i++) if (editAt(i, length, a.place) !== editAt(i, length, b.place)) return false;
        return true;
    };
    let group: Placed[] = [];
    let place = 0;
    for await (const sample of samples) {
        const placed = { ...sample, place: place++ };
        if (group.length > 0 && (group.length === sequences || !alike(group[0]!, placed))) {
            yield group;
            group = [];
        }
        group.push(placed);
    }
    if (group.length > 0) yield group;
}

/** The sample as sequences of at most `windowSize` tokens, each with its BOS as part of the prompt. */
function* windowsOf(sample: Placed, { windowSize, bos, scored = 'response' }: PackOptions): Generator<Window> {
    const lead = bos >= 0 ? 1 : 0;
    const length = windowSize - lead;
    for (let begin = 0; begin < sample.tokens.length; begin += length) {
        const part = sample.tokens.subarray(begin, begin + length);
        const promptLength = Math.min(part.length, Math.max(0, sample.promptLength - begin));
        if (promptLength === part.length && scored === 'response') continue; // a window of prompt alone counts nothing
        const tokens = new Int32Array(lead + part.length);
        if (lead === 1) tokens[0] = bos;
        tokens.set(part, lead);
        let bytes: Int32Array | undefined;
        if (sample.bytes !== undefined) {
            bytes = new Int32Array(tokens.length); // BOS is of no text
            bytes.set(sample.bytes.subarray(begin, begin + length), lead);
        }
        yield { tokens, promptLength: promptLength + lead, place: sample.place, bytes };
    }
}
