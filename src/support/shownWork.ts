import { formatCount } from './format.js';
import { TimeLeft } from './timeLeft.js';
import { TokenRate } from './tokenRate.js';

/** What a progress shows of its work: where it is, how much of it is done, how fast, how long it will still take. */
export class ShownWork {
    #step = '';
    #label = '';
    #position = '';
    #ofAll = false;
    #left: TimeLeft | undefined;
    #rate = new TokenRate();

    /** The stage, behind the step that it is part of, and where in it the work is. */
    get label(): string {
        const stage = this.#position === '' ? this.#label : `${this.#label}, ${this.#position}`;
        return this.#step === '' ? stage : `${this.#step}: ${stage}`;
    }

    /** Whether the share is that of all stages. */
    get ofAll(): boolean {
        return this.#ofAll;
    }

    /** Whether the work is divided into steps. */
    get hasSteps(): boolean {
        return this.#step !== '';
    }

    /** Share of the work that is done, 0 to 1; undefined between works. */
    get share(): number | undefined {
        return this.#left?.share;
    }

    whole(total: number): void {
        this.#begin(total);
        this.#ofAll = true;
    }

    step(name: string, number: number, of: number): void {
        this.#step = `step ${number} of ${of}`;
        this.#name(name);
        this.#rate = new TokenRate();
    }

    stage(label: string, total: number): void {
        this.#name(label);
        if (!this.#ofAll) this.#begin(total);
    }

    position(words: string): void {
        this.#position = words;
    }

    advance(units: number, tokens: number): void {
        this.#left?.advance(units);
        if (tokens > 0) this.#rate.add(tokens);
    }

    done(): void {
        this.#left = undefined;
        this.#ofAll = false;
        this.#step = '';
    }

    /** Tokens a second and time left, as far as they are known: `1,234 tokens/s, 12 min left`. */
    pace(): string {
        const rate = this.#rate.perSecond();
        const words = [
            ...(rate === undefined ? [] : [`${formatCount(rate)} tokens/s`]),
            ...[this.#left?.words() ?? ''].filter((left) => left !== ''),
        ];
        return words.join(', ');
    }

    #name(label: string): void {
        this.#label = label;
        this.#position = '';
    }

    #begin(total: number): void {
        this.#left = new TimeLeft(Math.max(1, total));
        if (!this.hasSteps) this.#rate = new TokenRate();
    }
}
