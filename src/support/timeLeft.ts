/** Most moments that an estimate remembers. */
const mostMoments = 256;

/** Milliseconds before which no pace is known: of what was found finished, or of the first batch alone. */
const soonest = 2000;

/**
 * Estimates how long work will still take, by the pace of its last half. Work that was already finished, or faster
 * than the rest, soon stops counting.
 */
export class TimeLeft {
    readonly #moments: { readonly at: number; readonly done: number }[];
    #least = 0; // milliseconds between two moments
    #done = 0;

    /**
     * @param total units of work, above 0
     * @param now milliseconds on any clock that does not jump
     */
    constructor(
        readonly total: number,
        private readonly now: () => number = () => performance.now(),
    ) {
        this.#moments = [{ at: now(), done: 0 }];
    }

    /** Share of the work that is done, 0 to 1. */
    get share(): number {
        return Math.min(1, this.#done / this.total);
    }

    /** Units that are done. */
    get done(): number {
        return this.#done;
    }

    /** Adds finished units. */
    advance(units: number): void {
        this.#done += units;
        const at = this.now();
        if (at - this.#moments.at(-1)!.at < this.#least) return;
        this.#moments.push({ at, done: this.#done });
        if (this.#moments.length <= mostMoments) return;
        this.#moments.splice(0, this.#moments.length, ...this.#moments.filter((_, i) => i % 2 === 0));
        this.#least = (at - this.#moments[0]!.at) / mostMoments;
    }

    /** Seconds left; undefined while nothing is known. */
    seconds(): number | undefined {
        const at = this.now();
        const first = this.#moments[0]!;
        const middle = (first.at + at) / 2;
        const since = this.#moments.findLast((moment) => moment.at <= middle) ?? first;
        const done = this.#done - since.done;
        if (done <= 0 || at <= since.at) return undefined;
        return (Math.max(0, this.total - this.#done) * (at - since.at)) / done / 1000;
    }

    /** Words such as `12 min left`; empty while nothing is known, and when nothing is left. */
    words(): string {
        const isEarly = this.now() - this.#moments[0]!.at < soonest;
        const seconds = isEarly ? undefined : this.seconds();
        return seconds === undefined || seconds === 0 ? '' : `${durationWords(seconds)} left`;
    }
}

/** `45 s`, `12 min`, `3 h 20 min` or `4 d 2 h`. */
export function durationWords(seconds: number): string {
    const whole = Math.ceil(seconds);
    if (whole < 100) return `${whole} s`;
    const minutes = Math.round(seconds / 60);
    if (minutes < 100) return `${minutes} min`;
    if (minutes < 48 * 60) return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
    const hours = Math.round(minutes / 60);
    return `${Math.floor(hours / 24)} d ${hours % 24} h`;
}
