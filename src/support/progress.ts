/** Where long work tells how far it is. Words go to stderr; stdout belongs to results. */
export interface Progress {
    /**
     * The stages to come, until `done`, have so many units together: one estimate is made for all of them. Without it
     * each stage has its own.
     */
    whole?(total: number): void;
    /** Begins a stage of `total` units; ends the one before. */
    stage(label: string, total: number): void;
    /** Adds units to the stage. */
    advance(units: number): void;
    /** A line worth keeping: a part reused, a warning. */
    note(line: string): void;
    /** Ends the last stage. */
    done(): void;
}

/** Says nothing; the default of the library. */
export const silent: Progress = {
    stage: () => undefined,
    advance: () => undefined,
    note: () => undefined,
    done: () => undefined,
};

/**
 * Divides one estimate among parts of work that come one after the other, each of which announces its `whole` and ends
 * as if it were alone. What a part does not tell is done when the next begins; stages before any `whole`, such as
 * reading a model, are no share of the work.
 * @param weights how long each takes beside the others, in any unit
 */
export function inParts(progress: Progress, weights: readonly number[]): readonly Progress[] {
    const sum = weights.reduce((all, weight) => all + weight, 0);
    let told: number | undefined; // of `sum`
    const tell = (units: number): void => {
        if (told === undefined) progress.whole?.(sum);
        if (units > (told ?? 0)) progress.advance(units - (told ?? 0));
        told = Math.max(told ?? 0, units);
    };
    return weights.map((weight, i): Progress => {
        const begin = weights.slice(0, i).reduce((all, before) => all + before, 0);
        let total: number | undefined; // of this part, once it is announced
        let done = 0;
        return {
            whole: (units) => {
                [total, done] = [Math.max(1, units), 0];
                tell(begin);
            },
            stage: (label, units) => progress.stage(label, units),
            advance: (units) => {
                if (total === undefined) {
                    if (told === undefined) progress.advance(units);
                    return;
                }
                done += units;
                tell(begin + weight * Math.min(1, done / total));
            },
            note: (line) => progress.note(line),
            done: () => {
                if (total !== undefined) tell(begin + weight);
                else if (told === undefined) progress.done();
                total = undefined;
            },
        };
    });
}
