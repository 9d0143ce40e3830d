import type { NativeBatch, NativeDraws, NativeLogProbabilityChoice } from '../native/addon.js';
import { BatchBuilder } from '../passes/BatchBuilder.js';
import type { AnswerRequest, Truncation } from './AnswerRequest.js';
import type { CacheChanges } from './CacheCapacity.js';
import { type Draw, type Prefill, targetsOf, type Work } from './planBatch.js';

/** Number of the edit of a token, as the context holds the edits: of a request's condition, at a position. */
export type EditAt = (edit: number, position: number, promptLength: number) => number;

/** One call of the model. */
export interface ScheduledBatch {
    readonly prefills: readonly Prefill[];
    /** In the order of the rows that are drawn. */
    readonly draws: readonly Draw[];
    readonly batch: NativeBatch;
    readonly native: NativeDraws;
}

const wholeVocabulary: Truncation = { topK: 0, topP: 1, minP: 0 };

/** A batch of some work, and what is drawn after it. */
export function buildBatch(
    work: readonly Work[],
    { batchSize, changes, editAt }: { batchSize: number; changes: CacheChanges; editAt: EditAt },
): { batch: NativeBatch; rows: number[]; targets: { row: number; token: number }[] } {
    const builder = new BatchBuilder(batchSize);
    for (const sequence of changes.finished) builder.finish(sequence);
    for (const { sequence, from } of changes.trimmed) builder.trim(sequence, from);
    for (const { from, to } of changes.moved) builder.move(from, to);
    const add = (request: AnswerRequest, token: number, position: number, ids: readonly number[]): number =>
        builder.add(token, position, ids, { edit: editAt(request.edit ?? 0, position, request.prompt.length) });
    const [rows, targets]: [number[], { row: number; token: number }[]] = [[], []];
    for (const { prefill, draws } of work) {
        let lastRow = -1;
        if (prefill !== undefined) {
            const { prompt, from, to } = prefill;
            const { request, sequences } = prompt;
            const ids = sequences.map(({ id }) => id);
            const targetsEnd = request.logProbabilities?.prompt === true ? from + targetsOf(prefill) : from;
            for (let i = from; i < to; i++) {
                lastRow = add(request, request.prompt[i]!, i, ids);
                if (i < targetsEnd) targets.push({ row: lastRow, token: request.prompt[i + 1]! });
            }
        }
        for (const { sequence, drafted } of draws) {
            const { id, position, tokens, prompt } = sequence;
            rows.push(tokens.length === 0 ? lastRow : add(prompt.request, tokens.at(-1)!, position, [id]));
            for (const [i, token] of drafted.entries()) rows.push(add(prompt.request, token, position + 1 + i, [id]));
        }
    }
    return { batch: builder.build(), rows, targets };
}

/** What is drawn after a batch, [entries] of each draw and its drafted tokens, [steps, entries] where steps differ. */
export function nativeDraws(
    draws: readonly Draw[],
    { rows, steps, ends, editAt }: { rows: readonly number[]; steps: number; ends: Int32Array; editAt: EditAt },
): Omit<NativeDraws, 'asked'> {
    const sequences = new Int32Array(rows.length);
    const temperatures = new Float64Array(rows.length);
    const uniforms = new Float64Array(steps * rows.length);
    const edits = new Int32Array(steps * rows.length);
    const truncated = draws.some(({ sequence: { prompt } }) => prompt.request.truncation !== undefined);
    const truncations = truncated ? new Float64Array(3 * rows.length) : undefined;
    let entry = 0;
    for (const { sequence, drafted } of draws) {
        const { id, position, temperature, prompt } = sequence;
        const { edit = 0, truncation: { topK, topP, minP } = wholeVocabulary } = prompt.request;
        const chances = temperature > 0 ? sequence.uniforms(steps + drafted.length) : [];
        for (let i = 0; i <= drafted.length; i++, entry++) {
            sequences[entry] = id;
            temperatures[entry] = temperature;
            truncations?.set([topK, topP, minP], 3 * entry);
            for (let step = 0; step < steps; step++) {
                uniforms[step * rows.length + entry] = chances[i + step] ?? 0;
                edits[step * rows.length + entry] = editAt(edit, position + 1 + i + step, prompt.length);
            }
        }
    }
    return { rows: Int32Array.from(rows), sequences, ends, steps, temperatures, truncations, edits, uniforms };
}

/**
 * Log-probabilities to compute along with a batch.
 * @returns undefined: none
 */
export function logProbabilitiesOf(
    work: readonly Work[],
    targets: readonly { readonly row: number; readonly token: number }[],
): NativeLogProbabilityChoice | undefined {
    const entries: number[] = [];
    let likeliest: number | undefined;
    for (const { prefill, draws } of work) {
        const choice = prefill?.prompt.request.logProbabilities;
        if (choice?.prompt === true && targetsOf(prefill!) > 0) likeliest = Math.max(likeliest ?? 0, choice.likeliest);
        for (const { sequence, drafted } of draws) {
            const { logProbabilities } = sequence.prompt.request;
            const asked = logProbabilities?.answer === true;
            if (asked) likeliest = Math.max(likeliest ?? 0, logProbabilities.likeliest);
            for (let i = 0; i <= drafted.length; i++) entries.push(asked ? 1 : 0);
        }
    }
    if (likeliest === undefined) return undefined;
    return {
        rows: Int32Array.from(targets, ({ row }) => row),
        targets: Int32Array.from(targets, ({ token }) => token),
        entries: Uint8Array.from(entries),
        likeliest,
    };
}
