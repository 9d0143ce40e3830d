import type { Progress } from './progress.js';
import { ShownWork } from './shownWork.js';

/** Most milliseconds without a line; of long work most of its time so far. */
const longestSilence = 60_000;
const longestShare = 0.2;
/** Fewest milliseconds between tenths of one step, or of a stage after the first. */
const shortestSilence = 5000;

/**
 * Progress without a terminal: a line for each step, or where there are none each stage, for each tenth of the work,
 * and when none came for a minute and a fifth of the time so far. A tenth of one step among others, or of a stage after
 * the first, has a line only when none came for some seconds and a fifth of the time so far: else short ones would have
 * ten lines each.
 */
export class LineProgress implements Progress {
    readonly #work = new ShownWork();
    #tenths = 0;
    #isOneOfMany = false; // a step beside others
    #hasBegun = false; // a whole, whose first stage was said
    #stages = 0; // so far
    #began = 0;
    #said = 0;
    #timer: NodeJS.Timeout | undefined;

    /** @param prefix the beginning of every line */
    constructor(
        private readonly stream: NodeJS.WritableStream,
        private readonly prefix = '',
    ) {}

    whole(total: number): void {
        this.#work.whole(total);
        this.#begin();
        this.#hasBegun = false;
    }

    step(name: string, number: number, of: number): void {
        this.#work.step(name, number, of);
        if (number === 1) this.#began = performance.now();
        this.#isOneOfMany = of > 1;
        this.note(this.#work.label);
    }

    stage(label: string, total: number): void {
        this.#work.stage(label, total);
        this.#stages++;
        if (!this.#work.ofAll) this.#begin();
        const isSaid = this.#work.hasSteps || (this.#work.ofAll && this.#hasBegun);
        this.#hasBegun = true;
        if (!isSaid) this.note(this.#work.label);
    }

    position(words: string): void {
        this.#work.position(words);
    }

    advance(units: number, tokens = 0): void {
        this.#work.advance(units, tokens);
        const tenths = Math.floor((this.#work.share ?? 0) * 10);
        if (tenths <= this.#tenths || tenths >= 10) return;
        this.#tenths = tenths;
        const isFew = !this.#isOneOfMany && (this.#work.ofAll || this.#stages === 1);
        if (isFew || this.#isDue(shortestSilence)) this.#report();
    }

    note(line: string): void {
        this.stream.write(`${this.prefix}${line}\n`);
        this.#said = performance.now();
    }

    done(): void {
        clearInterval(this.#timer);
        this.#timer = undefined;
        this.#work.done();
    }

    #begin(): void {
        this.#tenths = 0;
        if (this.#timer !== undefined) return;
        this.#said = performance.now();
        if (!this.#work.hasSteps) this.#began = this.#said; // the first step began before
        this.#timer = setInterval(() => {
            if (this.#isDue(longestSilence)) this.#report();
        }, longestSilence / 10).unref();
    }

    /** Whether no line came for so many milliseconds and a fifth of the time so far. */
    #isDue(silence: number): boolean {
        const now = performance.now();
        return now - this.#said >= Math.max(silence, longestShare * (now - this.#began));
    }

    #report(): void {
        const { share, ofAll, label } = this.#work;
        if (share === undefined) return;
        const pace = this.#work.pace();
        this.note(`${label}: ${Math.floor(share * 100)} %${ofAll ? ' of all' : ''}${pace === '' ? '' : `, ${pace}`}`);
    }
}
