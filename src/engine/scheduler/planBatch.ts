import { sum } from '../../support/averages.js';
import type { CachedPrompt, Sequence } from './Sequence.js';

/** Tokens of a prompt that a batch computes: those from one place up to another. */
export interface Prefill {
    readonly prompt: CachedPrompt;
    readonly from: number;
    readonly to: number;
}

/** What a batch draws for a sequence: a token after its last one, and one after each drafted token. */
export interface Draw {
    readonly sequence: Sequence;
    /** Tokens that the batch computes beside the sequence's last one. */
    readonly drafted: Int32Array;
    /** How many of them, the first, are of the draft; the others are made up. */
    readonly ofDraft: number;
}

/** What a batch does for a prompt that is prefilled, or for a sequence that grows. */
export interface Work {
    readonly prefill: Prefill | undefined;
    readonly draws: readonly Draw[];
}

export interface BatchLimits {
    /** Tokens of a batch. */
    readonly batchSize: number;
    /**
     * Tokens of a batch, prompts aside, up to which drafts fill it: a token more costs little there. Default: the
     * batch.
     */
    readonly draftTokens?: number | undefined;
    /** Most log-probabilities of prompts in a batch: each takes a row of logits. Default: all. */
    readonly mostPromptLogProbabilities?: number | undefined;
}

const none = new Int32Array();

/**
 * Shares the tokens of a batch out: one to each growing sequence, with its drafted ones; what is left to prompts, the
 * first before the next.
 * @param cellsOfStream where each sequence has cells of its own; undefined: all share them
 */
export function planBatch(
    growing: readonly Sequence[],
    prompts: readonly CachedPrompt[],
    { batchSize, draftTokens = batchSize, mostPromptLogProbabilities = Infinity }: BatchLimits,
    cellsOfStream: number | undefined,
): Work[] {
    const users = Math.max(1, growing.length + prompts.length);
    const share = Math.max(0, Math.floor(Math.min(draftTokens, batchSize) / users) - 1);
    const even = cellsOfStream === undefined ? undefined : evenDraft(growing, share, cellsOfStream);
    let [left, logProbabilities] = [batchSize, mostPromptLogProbabilities];
    const work = growing.map((sequence): Work => {
        const draw = even === undefined ? drawOf(sequence, share) : evenDrawOf(sequence, even);
        left -= 1 + draw.drafted.length;
        return { prefill: undefined, draws: [draw] };
    });
    for (const prompt of prompts) {
        const { decoded: from, length, request } = prompt;
        const to = prefillEnd(prompt, left, logProbabilities);
        if (to === from) continue;
        left -= to - from;
        if (request.logProbabilities?.prompt === true) logProbabilities -= targetsOf({ prompt, from, to });
        const draws: Draw[] = [];
        for (const sequence of to === length && request.maxTokens > 0 ? prompt.sequences : []) {
            const draw = drawOf(sequence, Math.min(share, left));
            left -= draw.drafted.length;
            draws.push(draw);
        }
        work.push({ prefill: { prompt, from, to }, draws });
    }
    return work;
}

/** Tokens of a prefill that another token of the prompt follows. */
export function targetsOf({ prompt, from, to }: Prefill): number {
    return Math.min(to, prompt.length - 1) - from;
}

/** Steps that can follow each other without anything to do between them, unless an answer ends. */
export function stepsTogether(draws: readonly Draw[]): number {
    if (draws.length === 0) return 1;
    const watched = draws.some(({ sequence: { stops, draft } }) => stops !== undefined || draft !== undefined);
    const most = watched ? mostStepsWatched : mostSteps;
    return draws.reduce((least, { sequence }) => Math.min(least, sequence.remaining), most);
}

/** Steps asked of the model at once: a call costs as much as a step of a small model. */
const mostSteps = 64;
/** The same where answers may stop at a text, beyond which what is drawn is thrown away, or meet their drafts again. */
const mostStepsWatched = 6;

/** How far a prompt gets with so many tokens of the batch, and so many log-probabilities. */
function prefillEnd({ decoded, length, request }: CachedPrompt, tokens: number, logProbabilities: number): number {
    const end = Math.min(length, decoded + tokens);
    const asked = request.logProbabilities?.prompt === true;
    // Nothing follows the last token.
    return !asked || decoded + logProbabilities >= length - 1 ? end : Math.min(end, decoded + logProbabilities);
}

/** @param most drafted tokens */
function drawOf(sequence: Sequence, most: number): Draw {
    const { draft, remaining } = sequence;
    const drafted = draft?.next(Math.min(draft.length, most, remaining - 1)) ?? none;
    return { sequence, drafted, ofDraft: drafted.length };
}

/** Of so many drafted tokens: what the draft lacks is made up, and will be rejected. */
function evenDrawOf(sequence: Sequence, length: number): Draw {
    const found = sequence.draft?.next(length) ?? none;
    const drafted = new Int32Array(length).fill(sequence.tokens.at(-1)!);
    drafted.set(found);
    return { sequence, drafted, ofDraft: found.length };
}

/**
 * How many drafted tokens each growing sequence gets where each has a stream: all the same, as llama.cpp computes
 * streams together that have as many tokens.
 * @param share tokens of the batch for each
 * @returns undefined where no sequence has a draft
 */
function evenDraft(growing: readonly Sequence[], share: number, cellsOfStream: number): number | undefined {
    const drafts = sum(growing, ({ draft }) => draft?.length ?? 0);
    const mean = Math.round(drafts / growing.length);
    if (!(mean > 0)) return undefined;
    return growing.reduce(
        (least, { position }) => Math.min(least, cellsOfStream - position - 1),
        Math.min(mean, share),
    );
}
