import { strongestKept } from './NeuronExamples.js';

/** A token by its place. */
export interface PlacedToken {
    /** Of its text. */
    readonly key: number;
    readonly position: number;
    /** Place of the text: one that comes twice has two. */
    readonly text: number;
    /** Its activation. */
    readonly value: number;
}

/**
 * The strongest tokens of a neuron in one language: the strongest of each text; while too few texts have one, further
 * ones of theirs. What is left does not depend on the order in which tokens come, so that parts can be joined.
 */
export class StrongestTokens<Token extends PlacedToken> {
    /** One of a text, strongest first. */
    readonly #firsts: Token[] = [];
    /** Strongest first; none once there are enough texts. */
    #further: Token[] = [];

    /** Whether a token could be among them: asked for each, before anything is made of it. */
    wants(value: number, key: number): boolean {
        const firsts = this.#firsts;
        if (firsts.length === strongestKept) return value >= firsts[strongestKept - 1]!.value;
        if (this.#further.length < strongestKept || value >= this.#further[strongestKept - 1]!.value) return true;
        const first = firsts.find((one) => one.key === key);
        return first === undefined || value >= first.value;
    }

    add(token: Token): void {
        const firsts = this.#firsts;
        const known = firsts.findIndex(({ key }) => key === token.key);
        const first = firsts[known];
        if (first !== undefined && !isBefore(token, first)) return this.#addFurther(token);
        if (first !== undefined) {
            firsts.splice(known, 1);
            this.#addFurther(first);
        }
        insert(firsts, token);
        if (firsts.length > strongestKept) firsts.pop();
        if (firsts.length === strongestKept) this.#further = [];
    }

    /** All that are needed to join it with others. */
    all(): Token[] {
        const known = new Set(this.#firsts.map(placeOf));
        return [...this.#firsts, ...this.#further.filter((token) => !known.has(placeOf(token)))].sort(order);
    }

    /** The strongest, at most `strongestKept`. */
    chosen(): Token[] {
        const firsts = new Set(this.#firsts);
        const others = this.all().filter((token) => !firsts.has(token));
        return [...this.#firsts, ...others.slice(0, strongestKept - this.#firsts.length)].sort(order);
    }

    #addFurther(token: Token): void {
        if (this.#firsts.length === strongestKept) return;
        const further = this.#further;
        // The same text can come again, and rounding can differ.
        const same = further.findIndex((one) => placeOf(one) === placeOf(token));
        if (same >= 0 && !isBefore(token, further[same]!)) return;
        if (same >= 0) further.splice(same, 1);
        insert(further, token);
        if (further.length > strongestKept) further.pop();
    }
}

function placeOf({ key, position }: PlacedToken): string {
    return `${key}:${position}`;
}

function order(a: PlacedToken, b: PlacedToken): number {
    return b.value - a.value || a.key - b.key || a.position - b.position || a.text - b.text;
}

function isBefore(a: PlacedToken, b: PlacedToken): boolean {
    return order(a, b) < 0;
}

/** Into a list in order; behind those that are equal. */
function insert<Token extends PlacedToken>(list: Token[], token: Token): void {
    let at = list.length;
    while (at > 0 && isBefore(token, list[at - 1]!)) at--;
    list.splice(at, 0, token);
}
