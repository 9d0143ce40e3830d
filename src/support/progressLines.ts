import type { Progress } from './progress.js';
import { TimeLeft } from './timeLeft.js';

/** Most milliseconds without a line. */
const longestSilence = 30_000;

/** Progress without a terminal: a line for each stage, each tenth of the work, and each half minute. */
export class LineProgress implements Progress {
    #label = '';
    #work: TimeLeft | undefined;
    #ofAll = false;
    #tenths = 0;
    #timer: NodeJS.Timeout | undefined;

    /** @param prefix the beginning of every line */
    constructor(
        private readonly stream: NodeJS.WritableStream,
        private readonly prefix = '',
    ) {}

    whole(total: number): void {
        this.#begin(total);
        this.#ofAll = true;
    }

    stage(label: string, total: number): void {
        this.#label = label;
        if (!this.#ofAll) this.#begin(total);
        this.note(label);
    }

    advance(units: number): void {
        if (this.#work === undefined) return;
        this.#work.advance(units);
        const tenths = Math.floor(this.#work.share * 10);
        if (tenths <= this.#tenths || tenths >= 10) return;
        this.#tenths = tenths;
        this.#report();
    }

    note(line: string): void {
        this.stream.write(`${this.prefix}${line}\n`);
        this.#timer?.refresh();
    }

    done(): void {
        clearInterval(this.#timer);
        this.#timer = undefined;
        this.#work = undefined;
        this.#ofAll = false;
    }

    #begin(total: number): void {
        this.#work = new TimeLeft(Math.max(1, total));
        this.#tenths = 0;
        this.#timer ??= setInterval(() => this.#report(), longestSilence).unref();
    }

    #report(): void {
        if (this.#work === undefined) return;
        const share = `${Math.floor(this.#work.share * 100)} %${this.#ofAll ? ' of all' : ''}`;
        const left = this.#work.words();
        this.note(`${this.#label}: ${share}${left === '' ? '' : `, ${left}`}`);
    }
}
