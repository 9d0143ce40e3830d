import { MultiBar, type Options, Presets, SingleBar } from 'cli-progress';
import type { Progress } from './progress.js';
import { TimeLeft } from './timeLeft.js';

/** Columns of the percentage and the time left, beside label and bar. */
const figures = 34;

/** Draws the bar of some work. Bars are removed when the work ends, so that results stand alone. */
function barOptions(stream: NodeJS.WriteStream): Options {
    return {
        stream,
        hideCursor: true,
        clearOnComplete: true,
        barsize: Math.max(5, Math.min(40, columnsOf(stream) - labelSize(stream) - figures)),
        format: '{label} {bar} {percentage}% | {left}',
    };
}

function columnsOf(stream: NodeJS.WriteStream): number {
    return stream.columns > 0 ? stream.columns : 80;
}

function labelSize(stream: NodeJS.WriteStream): number {
    return Math.max(12, Math.min(30, columnsOf(stream) - figures - 12));
}

function shown(stream: NodeJS.WriteStream, label: string, work: TimeLeft): Record<string, string> {
    const size = labelSize(stream);
    const cut = label.length > size ? `${label.slice(0, size - 1)}…` : label.padEnd(size);
    return { label: cut, left: work.words() };
}

/** The bar of a stage, or of all stages, with the time left. */
abstract class Bar implements Progress {
    #label = '';
    #ofAll = false;
    #work: TimeLeft | undefined;
    #bar: SingleBar | undefined;

    constructor(protected readonly stream: NodeJS.WriteStream) {}

    protected abstract begin(total: number, shown: Record<string, string>): SingleBar;
    protected abstract end(bar: SingleBar): void;
    protected abstract named(label: string): string;
    abstract note(line: string): void;

    whole(total: number): void {
        this.#restart(total);
        this.#ofAll = true;
    }

    stage(label: string, total: number): void {
        this.#label = label;
        if (!this.#ofAll) this.#restart(total);
        else this.#show(0);
    }

    advance(units: number): void {
        this.#work?.advance(units);
        this.#show(units);
    }

    done(): void {
        if (this.#bar !== undefined) this.end(this.#bar);
        this.#bar = this.#work = undefined;
        this.#ofAll = false;
    }

    /** Hides the bar until it is resumed. */
    protected pause(): () => void {
        if (this.#bar === undefined || this.#work === undefined) return () => undefined;
        const [bar, work] = [this.#bar, this.#work];
        this.end(bar);
        return () => bar.start(work.total, work.done, shown(this.stream, this.named(this.#label), work));
    }

    #restart(total: number): void {
        this.done();
        this.#work = new TimeLeft(Math.max(1, total));
        this.#bar = this.begin(this.#work.total, shown(this.stream, this.named(this.#label), this.#work));
    }

    #show(units: number): void {
        if (this.#work === undefined) return;
        this.#bar?.increment(units, shown(this.stream, this.named(this.#label), this.#work));
    }
}

/** The bar of a command on a terminal. */
export class BarProgress extends Bar {
    protected begin(total: number, shown: Record<string, string>): SingleBar {
        const bar = new SingleBar(barOptions(this.stream), Presets.shades_classic);
        bar.start(total, 0, shown);
        return bar;
    }

    protected end(bar: SingleBar): void {
        bar.stop();
    }

    protected named(label: string): string {
        return label;
    }

    note(line: string): void {
        // The bar is drawn where it began, so it begins again below the line.
        const resume = this.pause();
        this.stream.write(`${line}\n`);
        resume();
    }
}

/** Several bars, one below the other. */
export class Bars {
    readonly #bars: MultiBar;

    constructor(private readonly stream: NodeJS.WriteStream) {
        this.#bars = new MultiBar(barOptions(stream), Presets.shades_classic);
    }

    part(name: string): Progress {
        return new OneOfBars(this.stream, this.#bars, name);
    }

    /** Ends all of them. */
    done(): void {
        this.#bars.update(); // prints the waiting notes
        this.#bars.stop();
    }
}

class OneOfBars extends Bar {
    #own: SingleBar | undefined;

    constructor(
        stream: NodeJS.WriteStream,
        private readonly bars: MultiBar,
        private readonly name: string,
    ) {
        super(stream);
    }

    protected begin(total: number, shown: Record<string, string>): SingleBar {
        this.#own ??= this.bars.create(1, 0, shown);
        this.#own.start(total, 0, shown);
        return this.#own;
    }

    protected end(): void {
        // its bar stays until all are done
    }

    protected named(label: string): string {
        return label === '' ? this.name : `${this.name}: ${label}`;
    }

    note(line: string): void {
        this.bars.log(`${this.name}: ${line}\n`);
    }
}
