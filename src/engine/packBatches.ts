import type { NativeBatch } from './addon.js';
import { BatchBuilder } from './BatchBuilder.js';
import type { ScoredPart } from './engineTypes.js';
import type { TokenizedSample } from './TokenizedSample.js';

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
    readonly editAt?: ((position: number, promptLength: number) => number) | undefined;
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

/**
 * Lays samples one behind another and cuts the tape into full batches. A sequence that crosses an
 * edge goes on in the next batch, its KV cells kept: packing changes no token's context. BOS and
 * prompt tokens are not counted; a token is scored where it is of the part asked for and something
 * precedes it. Samples in a row with the same prompt share its tokens but the last, which go through
 * once, unless the prompt is scored.
 */
export async function* packBatches(
    samples: AsyncIterable<TokenizedSample>,
    options: PackOptions,
): AsyncGenerator<PackedBatch> {
    const free = Array.from({ length: options.sequences }, (_, id) => options.sequences - 1 - id);
    const { editAt = () => 0 } = options;
    let batch = new BatchBuilder(options.batchSize);
    let places: number[] = [];
    let targetBytes: number[] = [];
    let characters = 0;
    const flush = (): PackedBatch => {
        const built = {
            ...batch.build(),
            samples: Int32Array.from(places),
            targetBytes: Int32Array.from(targetBytes),
            characters,
        };
        characters = 0;
        places = [];
        targetBytes = [];
        free.push(...built.finished);
        batch = new BatchBuilder(options.batchSize);
        return built;
    };
    for await (const group of groupsOf(samples, options)) {
        const windows = group.flatMap((sample) => [...windowsOf(sample, options)]);
        // Windows of one long sample have nothing in common; those of a group begin alike.
        const shared = group.length > 1 ? windows[0]!.promptLength - 1 : 0;
        const together = group.length > 1 ? windows.length : 1;
        const read = spread(
            group.reduce((sum, sample) => sum + sample.characters, 0),
            windows.reduce((sum, { tokens }) => sum + tokens.length - shared, shared),
        );
        for (let first = 0; first < windows.length; first += together) {
            if (free.length < together) yield flush();
            const ids = Array.from({ length: together }, () => free.pop()!);
            for (let position = 0; position < shared; position++) {
                if (batch.capacity === 0) yield flush();
                const { tokens, promptLength } = windows[first]!;
                batch.add(tokens[position]!, position, ids, { edit: editAt(position, promptLength) });
                places.push(windows[first]!.place);
                targetBytes.push(0);
                characters += read();
            }
            for (const [i, sequence] of ids.entries()) {
                const { tokens, promptLength, place, bytes } = windows[first + i]!;
                for (let position = shared; position < tokens.length; position++) {
                    if (batch.capacity === 0) yield flush();
                    const nextScored = position + 1 < tokens.length && isScored(position + 1, promptLength, options);
                    batch.add(tokens[position]!, position, [sequence], {
                        counted: position >= promptLength,
                        target: nextScored ? tokens[position + 1]! : -1,
                        edit: editAt(position, promptLength),
                    });
                    places.push(place);
                    targetBytes.push(nextScored ? (bytes?.[position + 1] ?? 0) : 0);
                    characters += read();
                }
                batch.finish(sequence);
            }
        }
        if (windows.length === 0) characters += group.reduce((sum, sample) => sum + sample.characters, 0);
    }
    if (!batch.empty) yield flush();
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

/** Samples in a row that have the same prompt and fit a window; any other is a group of its own. */
async function* groupsOf(
    samples: AsyncIterable<TokenizedSample>,
    { windowSize, sequences, bos, scored = 'response' }: PackOptions,
): AsyncGenerator<Placed[]> {
    const fits = ({ tokens }: TokenizedSample): boolean => tokens.length + (bos >= 0 ? 1 : 0) <= windowSize;
    const alike = (a: TokenizedSample, b: TokenizedSample): boolean => {
        if (scored !== 'response' || a.promptLength < 2 || a.promptLength !== b.promptLength || !fits(a) || !fits(b))
            return false;
        for (const sample of [a, b]) if (sample.tokens.length === sample.promptLength) return false; // counts nothing
        for (let i = 0; i < a.promptLength; i++) if (a.tokens[i] !== b.tokens[i]) return false;
        return true;
    };
    let group: Placed[] = [];
    let place = 0;
    for await (const sample of samples) {
        if (group.length > 0 && (group.length === sequences || !alike(group[0]!, sample))) {
            yield group;
            group = [];
        }
        group.push({ ...sample, place: place++ });
    }
    if (group.length > 0) yield group;
}

/** The sample as sequences of at most `windowSize` tokens, each with its BOS as part of the prompt. */
function* windowsOf(
    sample: Placed,
    { windowSize, bos, scored = 'response' }: PackOptions,
): Generator<Omit<Placed, 'characters'>> {
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
