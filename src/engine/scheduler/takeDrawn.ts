import { sum } from '../../support/averages.js';
import type { NativeLogProbabilities, NativeSampled } from '../native/addon.js';
import type { ScheduledBatch } from './buildBatch.js';
import { isNonfinite, type TokenLogProbability } from './logProbabilities.js';
import { type Draw, type Prefill, targetsOf } from './planBatch.js';
import type { Sequence } from './Sequence.js';

/** The text of each list of tokens. */
export type Detokenize = (lists: readonly Int32Array[]) => Promise<readonly string[]>;

export interface EndingOptions {
    readonly endTokens: ReadonlySet<number>;
    /** Answers go on after logits that are not finite. Default: that ends them. */
    readonly allowNonfinite?: boolean | undefined;
}

/** Puts what a batch computed into the states of its prompts and sequences. */
export async function takeDrawn(
    { prefills, draws }: ScheduledBatch,
    { tokens, asked, drawn }: NativeSampled,
    { endTokens, allowNonfinite = false }: EndingOptions,
    detokenize: Detokenize,
): Promise<void> {
    takePrefills(prefills, asked, allowNonfinite);
    const fresh = freshTokens(draws, allowNonfinite ? tokens.map(tokenDrawn) : tokens);
    const take = takesLogProbability(draws, drawn);
    for (let step = 0; fresh.some((list) => step < list.length); step++) {
        const grown: Sequence[] = [];
        for (const [i, { sequence }] of draws.entries()) {
            const token = fresh[i]![step];
            if (token === undefined || sequence.state === 'finished') continue;
            if (token < 0) {
                sequence.end = 'nonfinite';
                continue;
            }
            sequence.useUniform();
            take(i, step, token);
            if (endTokens.has(token)) {
                sequence.end = 'stop';
                continue;
            }
            sequence.tokens.push(token);
            if (sequence.remaining === 0) sequence.end = 'length';
            grown.push(sequence);
        }
        await endAtStops(grown, detokenize);
    }
    for (const [i, { sequence, drafted, ofDraft }] of draws.entries()) {
        const accepted = drafted.length === 0 ? 0 : fresh[i]!.length - 1;
        sequence.rejected = drafted.length - accepted;
        sequence.draft?.follow(sequence.tokens, ofDraft, Math.min(accepted, ofDraft));
        const broken = !allowNonfinite && sequence.prompt.logProbabilities.some(isNonfinite);
        if (sequence.state === 'finished' && broken) sequence.end = 'nonfinite';
    }
}

/** Prompts' progress and log-probabilities; a request of no tokens is over with its prompt. */
function takePrefills(prefills: readonly Prefill[], asked: NativeLogProbabilities, allowNonfinite: boolean): void {
    let row = 0;
    for (const prefill of prefills) {
        const { prompt, from, to } = prefill;
        const { prompt: tokens, maxTokens, logProbabilities } = prompt.request;
        for (let i = 0; logProbabilities?.prompt === true && i < targetsOf(prefill); i++) {
            const token = tokens[from + i + 1]!;
            prompt.logProbabilities.push(tokenLogProbability(asked, row++, token, logProbabilities.likeliest));
        }
        prompt.decoded = to;
        if (to < prompt.length || maxTokens > 0) continue;
        const broken = !allowNonfinite && prompt.logProbabilities.some(isNonfinite);
        for (const sequence of prompt.sequences) sequence.end = broken ? 'nonfinite' : 'length';
    }
}

/** A token that was drawn, also where its logits are not finite; see `NativeSampled`. */
function tokenDrawn(token: number): number {
    return token < 0 ? ~token : token;
}

/**
 * The next tokens of each sequence: one a step, or the drafted ones that the model accepted and one of its own.
 * @param tokens [steps, rows]
 */
function freshTokens(draws: readonly Draw[], tokens: Int32Array): number[][] {
    const rows = sum(draws, ({ drafted }) => 1 + drafted.length);
    let row = 0;
    return draws.map(({ drafted }) => {
        const first = row;
        row += 1 + drafted.length;
        if (drafted.length === 0) {
            return Array.from({ length: tokens.length / rows }, (_, step) => tokens[step * rows + first]!);
        }
        let accepted = 0;
        while (accepted < drafted.length && tokens[first + accepted] === drafted[accepted]) accepted++;
        return Array.from(tokens.subarray(first, first + accepted + 1));
    });
}

/**
 * Keeps the log-probability of a sequence's next token, where that is asked for: by the place of its draw.
 * @param native [steps, entries asked for]
 */
function takesLogProbability(
    draws: readonly Draw[],
    native: NativeLogProbabilities,
): (place: number, step: number, token: number) => void {
    let entries = 0;
    const firsts = draws.map(({ sequence: { prompt }, drafted }) => {
        const first = entries;
        if (prompt.request.logProbabilities?.answer === true) entries += 1 + drafted.length;
        return first;
    });
    return (place, step, token) => {
        const { sequence, drafted } = draws[place]!;
        const { logProbabilities: choice } = sequence.prompt.request;
        if (choice?.answer !== true) return;
        // Drafted tokens have the entries that follow each other, others those of their step.
        const row = firsts[place]! + (drafted.length > 0 ? step : step * entries);
        sequence.logProbabilities.push(tokenLogProbability(native, row, token, choice.likeliest));
    };
}

/** Ends those of some sequences, each grown by a token, that hold one of their stop texts now. */
async function endAtStops(sequences: readonly Sequence[], detokenize: Detokenize): Promise<void> {
    const watched = sequences.flatMap(({ stops }, i) =>
        stops === undefined ? [] : [{ stops, sequence: sequences[i]! }],
    );
    if (watched.length === 0) return;
    const texts = await detokenize(watched.map(({ stops, sequence }) => stops.add(sequence.tokens.at(-1)!)));
    for (const [i, { stops, sequence }] of watched.entries()) if (stops.isOver(texts[i]!)) sequence.end = 'stop';
}

/**
 * One row of the native side's log-probabilities.
 * @param likeliest how many to keep: other requests of the batch may have asked for more
 */
function tokenLogProbability(
    native: NativeLogProbabilities,
    row: number,
    token: number,
    likeliest: number,
): TokenLogProbability {
    const each = native.likeliest.length / Math.max(1, native.targets.length);
    return {
        token,
        logProbability: native.targets[row]!,
        likeliest: Array.from({ length: Math.min(likeliest, each) }, (_, place) => ({
            token: native.likeliest[row * each + place]!,
            logProbability: native.ofLikeliest[row * each + place]!,
        })),
    };
}
