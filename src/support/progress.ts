import { sum } from './averages.js';

/** Shows how far long work is. Words go to stderr; stdout is for results. */
export interface Progress {
    /**
     * Announces the units of all stages until `done` together, for one estimate. Without it each stage has its own
     * estimate.
     */
    whole?(total: number): void;
    /** Begins one of `of` steps, which may have several wholes and stages, or none. `number` is from 1. */
    step?(name: string, number: number, of: number): void;
    /** Ends the current stage and begins one of `total` units. */
    stage(label: string, total: number): void;
    /** Says where in the stage the work is, such as `cell 4 of 210`, until the next stage. */
    position?(words: string): void;
    /** Adds units to the stage. @param tokens that went through the model for them, to tell how fast it is */
    advance(units: number, tokens?: number): void;
    /** Prints a line that stays: a reused part, a warning. */
    note(line: string): void;
    /** Ends the last stage. */
    done(): void;
}

/** What every long function takes besides. */
export interface WorkOptions {
    /** Once aborted, the work ends with ABORTED. */
    readonly signal?: AbortSignal | undefined;
    /** Default: nothing is shown. */
    readonly progress?: Progress | undefined;
}

/** The same within the work, which shows itself somewhere. */
export interface Work extends WorkOptions {
    readonly progress: Progress;
}

/** Work in steps, of which each is announced before it begins. */
export interface WorkInSteps extends Work {
    readonly nextStep: () => void;
}

/** Shows nothing. The library's default. */
export const silent: Progress = {
    stage: () => undefined,
    advance: () => undefined,
    note: () => undefined,
    done: () => undefined,
};

/** The same, its notes in other words. */
export function withNotes(progress: Progress, wordsOf: (line: string) => string): Progress {
    return { ...bound(progress), note: (line) => progress.note(wordsOf(line)) };
}

/** The same for work that is one step of a longer one: its own steps are not said. */
export function asOneStep(progress: Progress): Progress {
    return { ...bound(progress), step: () => undefined };
}

/** The same for one step that may have several works: the end of one is not that of the step. */
export function withinStep(progress: Progress): Progress {
    let hasEnded = false;
    return {
        ...bound(progress),
        whole: (total) => {
            hasEnded = false;
            progress.whole?.(total);
        },
        stage: (label, total) => {
            if (hasEnded) progress.whole?.(total); // else it would be one of those before
            progress.stage(label, total);
        },
        done: () => void (hasEnded = true),
    };
}

/** All its methods, to put others in their place. */
function bound(progress: Progress): Required<Progress> {
    return {
        whole: (total) => progress.whole?.(total),
        step: (name, number, of) => progress.step?.(name, number, of),
        stage: (label, total) => progress.stage(label, total),
        position: (words) => progress.position?.(words),
        advance: (units, tokens) => progress.advance(units, tokens),
        note: (line) => progress.note(line),
        done: () => progress.done(),
    };
}

/** The same, each of its notes once. */
export function notesOnce(progress: Progress): Progress {
    const told = new Set<string>();
    const { note: _, ...others } = withNotes(progress, (line) => line);
    return {
        ...others,
        note: (line) => {
            if (!told.has(line)) progress.note(line);
            told.add(line);
        },
    };
}

/**
 * Divides one estimate among successive parts of work. Each part announces its `whole` and ends as if it were alone.
 * When a part begins, the one before counts as done. Stages before any `whole`, such as reading a model, have no share.
 * @param weights relative durations of the parts, in any unit
 */
export function inParts(progress: Progress, weights: readonly number[]): readonly Progress[] {
    const all = sum(weights);
    let reported: number | undefined; // of `all`
    const report = (units: number, tokens?: number): void => {
        if (reported === undefined) progress.whole?.(all);
        if (units > (reported ?? 0)) progress.advance(units - (reported ?? 0), tokens);
        reported = Math.max(reported ?? 0, units);
    };
    return weights.map((weight, i): Progress => {
        const begin = sum(weights.slice(0, i));
        let total: number | undefined; // of this part, once it is announced
        let done = 0;
        return {
            ...bound(progress),
            whole: (units) => {
                [total, done] = [Math.max(1, units), 0];
                report(begin);
            },
            advance: (units, tokens) => {
                if (total === undefined) {
                    if (reported === undefined) progress.advance(units, tokens);
                    return;
                }
                done += units;
                report(begin + weight * Math.min(1, done / total), tokens);
            },
            done: () => {
                if (total !== undefined) report(begin + weight);
                else if (reported === undefined) progress.done();
                total = undefined;
            },
        };
    });
}

/**
 * Divides one estimate among works side by side, in equal parts. Words are those of the first that is not finished.
 * Stages before any `whole`, such as reading a model, have no share.
 * @param prefixes what stands before the words of each
 */
export function sideBySide(progress: Progress, prefixes: readonly string[]): readonly Progress[] {
    const works = prefixes.map(() => ({ total: 0, done: 0, ended: false }));
    const shareOf = ({ total, done }: (typeof works)[number]): number => (total === 0 ? 0 : Math.min(1, done / total));
    const all = 1000 * works.length; // units of the whole
    let reported: number | undefined;
    const report = (tokens?: number): void => {
        if (reported === undefined) progress.whole?.(all);
        const units = 1000 * sum(works, shareOf);
        progress.advance(Math.max(0, units - (reported ?? 0)), tokens);
        reported = Math.max(reported ?? 0, units);
    };
    return works.map((work, i): Progress => {
        const isShown = (): boolean => (works.find((one) => shareOf(one) < 1) ?? work) === work;
        return {
            whole: (total) => {
                Object.assign(work, { total: Math.max(1, total), done: 0 });
                report();
            },
            step: (name, number, of) => progress.step?.(name, number, of),
            stage: (label, units) => void (isShown() && progress.stage(prefixes[i]! + label, units)),
            position: (words) => void (isShown() && progress.position?.(prefixes[i]! + words)),
            advance: (units, tokens) => {
                if (work.total === 0) {
                    if (reported === undefined && isShown()) progress.advance(units, tokens);
                    return;
                }
                work.done += units;
                report(tokens);
            },
            note: (line) => progress.note(prefixes[i]! + line),
            done: () => {
                work.ended = true;
                if (works.every(({ ended }) => ended)) progress.done();
            },
        };
    });
}

/** Tells a progress of steps, one after another: each call begins the next. */
export function inSteps(progress: Progress, names: readonly string[]): () => void {
    let number = 0;
    return () => {
        const name = names[number++];
        if (name !== undefined) progress.step?.(name, number, names.length);
    };
}
