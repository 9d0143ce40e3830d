import { createHash } from 'node:crypto';

/** Hashes kept: with as many texts, or fewer, a comparison is exact. */
const kept = 512;
/** Hexadecimal digits of a text's hash. */
const digits = 12;

/**
 * The smallest hashes of a set of texts (a bottom-k sketch): two sketches give the share of one set that is in the
 * other, without the texts (Broder, "On the resemblance and containment of documents", 1997).
 */
export class Sketch {
    /** Ascending. */
    #hashes: string[] = [];

    add(text: string): void {
        const hash = createHash('sha256').update(text).digest('hex').slice(0, digits);
        const last = this.#hashes.at(-1);
        if (this.#hashes.length === kept && hash >= last!) return;
        let [low, high] = [0, this.#hashes.length];
        while (low < high) {
            const middle = (low + high) >> 1;
            if (this.#hashes[middle]! < hash) low = middle + 1;
            else high = middle;
        }
        if (this.#hashes[low] === hash) return;
        this.#hashes.splice(low, 0, hash);
        if (this.#hashes.length > kept) this.#hashes.pop();
    }

    get isEmpty(): boolean {
        return this.#hashes.length === 0;
    }

    toString(): string {
        return this.#hashes.join('');
    }
}

/** Sketch of what is asked: surrounding white space does not tell questions apart. */
export class QuestionSketch extends Sketch {
    override add(text: string): void {
        if (text.trim() !== '') super.add(text.trim());
    }
}

/**
 * The share of the different texts of `a` that `b` has too, in [0, 1], from their sketches; NaN where `a` has no
 * texts.
 */
export function shareWithin(a: string, b: string): number {
    const [ours, theirs] = [hashesOf(a), hashesOf(b)];
    // Beyond the last hash of a full sketch nothing is known.
    const bounds = [ours, theirs]
        .filter(({ length }) => length === kept)
        .map((hashes) => hashes.at(-1)!)
        .sort();
    const known = bounds.length === 0 ? ours : ours.filter((hash) => hash <= bounds[0]!);
    const others = new Set(theirs);
    return known.filter((hash) => others.has(hash)).length / known.length;
}

/** The sketch of all texts of several sets, as if it had been made of them at once. */
export function unitedSketch(sketches: readonly string[]): string {
    return [...new Set(sketches.flatMap(hashesOf))].sort().slice(0, kept).join('');
}

/**
 * The share of the different texts of several sets that are in more than one of them, in [0, 1], from their sketches: a
 * text among the smallest hashes of all is among the smallest of each set that it is in.
 */
export function shareInSeveral(sketches: readonly string[]): number {
    const sets = sketches.map(hashesOf);
    const times = new Map<string, number>();
    for (const hash of sets.flat()) times.set(hash, (times.get(hash) ?? 0) + 1);
    const smallest = [...times.keys()].sort().slice(0, kept);
    return smallest.length === 0 ? 0 : smallest.filter((hash) => times.get(hash)! > 1).length / smallest.length;
}

function hashesOf(sketch: string): string[] {
    return Array.from({ length: sketch.length / digits }, (_, i) => sketch.slice(i * digits, (i + 1) * digits));
}
