import { clearLine, cursorTo } from 'node:readline';
import { MultiBar, type Options, Presets, SingleBar } from 'cli-progress';

/** Where long work tells how far it is. Words go to stderr; stdout belongs to results. */
export interface Progress {
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

/** A bar with an estimate on a terminal, a plain line every tenth of a stage elsewhere. */
export function terminalProgress(stream: NodeJS.WriteStream = process.stderr): Progress {
    return stream.isTTY ? new BarProgress(stream) : new LineProgress(stream);
}

/** Progress of pieces of work that go on side by side. */
export interface SideBySide {
    readonly parts: readonly Progress[];
    /** Ends all of them. */
    done(): void;
}

/** Each told by its name: a bar on a terminal, lines that begin with it elsewhere. */
export function sideBySide(names: readonly string[], stream: NodeJS.WriteStream = process.stderr): SideBySide {
    if (!stream.isTTY) {
        return { parts: names.map((name) => new LineProgress(stream, `${name}: `)), done: () => undefined };
    }
    const bars = new MultiBar(barOptions(stream), Presets.shades_classic);
    const done = (): void => {
        bars.update(); // with notes that wait for it
        bars.stop();
    };
    return { parts: names.map((name) => new OneOfBars(bars, name)), done };
}

function barOptions(stream: NodeJS.WriteStream): Options {
    return { stream, hideCursor: true, etaBuffer: 50, format: '{label} {bar} {percentage}% | {eta_formatted} left' };
}

function barLabel(label: string): { readonly label: string } {
    return { label: label.padEnd(30) };
}

class OneOfBars implements Progress {
    #bar: SingleBar | undefined;

    constructor(
        private readonly bars: MultiBar,
        private readonly name: string,
    ) {}

    stage(label: string, total: number): void {
        this.#bar ??= this.bars.create(1, 0, barLabel(this.name));
        this.#bar.start(Math.max(1, total), 0, barLabel(`${this.name}: ${label}`));
    }

    advance(units: number): void {
        this.#bar?.increment(units);
    }

    note(line: string): void {
        this.bars.log(`${this.name}: ${line}\n`);
    }

    done(): void {
        // its bar stays until all are done
    }
}

class BarProgress implements Progress {
    #bar: SingleBar | undefined;

    constructor(private readonly stream: NodeJS.WriteStream) {}

    stage(label: string, total: number): void {
        this.done();
        this.#bar = new SingleBar(barOptions(this.stream), Presets.shades_classic);
        this.#bar.start(Math.max(1, total), 0, barLabel(label));
    }

    advance(units: number): void {
        this.#bar?.increment(units);
    }

    note(line: string): void {
        // Over the bar, which draws itself again below with its next step.
        cursorTo(this.stream, 0);
        clearLine(this.stream, 0);
        this.stream.write(`${line}\n`);
    }

    done(): void {
        this.#bar?.stop();
        this.#bar = undefined;
    }
}

class LineProgress implements Progress {
    #label = '';
    #total = 1;
    #units = 0;
    #tenths = 0;
    #begin = 0;

    /** @param prefix of every line */
    constructor(
        private readonly stream: NodeJS.WritableStream,
        private readonly prefix = '',
    ) {}

    stage(label: string, total: number): void {
        this.#label = label;
        this.#total = Math.max(1, total);
        this.#units = 0;
        this.#tenths = 0;
        this.#begin = Date.now();
        this.note(label);
    }

    advance(units: number): void {
        this.#units += units;
        const share = Math.min(1, this.#units / this.#total);
        const tenths = Math.floor(share * 10);
        if (tenths <= this.#tenths || tenths >= 10) return;
        this.#tenths = tenths;
        const left = ((Date.now() - this.#begin) / 1000) * (1 / share - 1);
        this.note(`${this.#label}: ${tenths * 10} %, about ${Math.ceil(left)} s left`);
    }

    note(line: string): void {
        this.stream.write(`${this.prefix}${line}\n`);
    }

    done(): void {
        // every line is already out
    }
}
