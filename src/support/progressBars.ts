import { createLogUpdate } from 'log-update';
import type { Progress } from './progress.js';
import { ShownWork } from './shownWork.js';
import { cutToWidth, widthOf } from './textWidth.js';
import { wrapText } from './wrapText.js';

/** Milliseconds between two drawings. */
const drawnEvery = 100;
const [leastBar, mostBar] = [5, 30];

/** The lines of some works on a terminal, one below the other. They go when the works end: results stand alone. */
export class Bars {
    readonly #write: ReturnType<typeof createLogUpdate>;
    readonly #parts: Bar[] = [];
    #timer: NodeJS.Timeout | undefined;

    constructor(private readonly stream: NodeJS.WriteStream) {
        this.#write = createLogUpdate(stream);
    }

    get #columns(): number {
        return this.stream.columns > 0 ? this.stream.columns : 80;
    }

    /** @param name stands before its stages and its notes; '': nothing does */
    part(name: string): Progress {
        const part = new Bar(name, this);
        this.#parts.push(part);
        return part;
    }

    /** Draws the lines from now on, until none is left. */
    begin(): void {
        if (this.#timer === undefined) this.#draw();
        this.#timer ??= setInterval(() => this.#draw(), drawnEvery).unref();
    }

    /** A line that stays, above the others; a long one is broken between words. */
    note(line: string): void {
        this.#write.clear();
        this.stream.write(`${wrapText(line, this.#columns).join('\n')}\n`);
        if (this.#timer !== undefined) this.#draw();
    }

    /** Ends the drawing where no work is shown any more. */
    end(): void {
        if (this.#timer === undefined || this.#parts.some(({ isShown }) => isShown)) return;
        this.done();
    }

    /** Ends all of them. */
    done(): void {
        clearInterval(this.#timer);
        this.#timer = undefined;
        this.#write.clear();
        this.#write.done(); // the cursor is shown again
    }

    #draw(): void {
        const shown = this.#parts.filter(({ isShown }) => isShown);
        if (shown.length > 0) this.#write(shown.map((part) => part.line(this.#columns - 1)).join('\n'));
    }
}

/** The line of one work. */
class Bar implements Progress {
    readonly #work = new ShownWork();

    constructor(
        private readonly name: string,
        private readonly bars: Bars,
    ) {}

    /** A share of a work, or the last of a named one among others. */
    get isShown(): boolean {
        return this.#work.share !== undefined || this.#work.hasSteps;
    }

    whole(total: number): void {
        this.#work.whole(total);
        this.bars.begin();
    }

    step(name: string, number: number, of: number): void {
        this.#work.step(name, number, of);
        this.bars.begin();
    }

    stage(label: string, total: number): void {
        this.#work.stage(label, total);
        this.bars.begin();
    }

    position(words: string): void {
        this.#work.position(words);
    }

    advance(units: number, tokens = 0): void {
        this.#work.advance(units, tokens);
    }

    note(line: string): void {
        this.bars.note(this.#named(line));
    }

    done(): void {
        this.#work.done();
        this.bars.end();
    }

    /** Label, bar, share and pace in so many columns: the bar shrinks first, then it goes, then the label is cut. */
    line(columns: number): string {
        const { label, share } = this.#work;
        if (share === undefined) return cutToWidth(this.#named(label), columns);
        const pace = this.#work.pace();
        const figures = `${String(Math.floor(share * 100)).padStart(3)} %${pace === '' ? '' : `, ${pace}`}`;
        const room = columns - widthOf(figures) - leastBar - 3;
        if (room < 8) return cutToWidth(`${figures.trim()} ${this.#named(label)}`, columns);
        const words = this.#named(label);
        if (widthOf(words) > room) return `${cutToWidth(words, room + leastBar + 1)} ${figures}`;
        const size = Math.min(mostBar, leastBar + room - widthOf(words));
        const full = Math.round(size * share);
        return `${words} ${'█'.repeat(full)}${'░'.repeat(size - full)} ${figures}`;
    }

    #named(words: string): string {
        if (this.name === '') return words;
        return words === '' ? this.name : `${this.name}: ${words}`;
    }
}
