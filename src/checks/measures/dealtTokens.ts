import type { RandomGenerator } from 'pure-rand/types/RandomGenerator';

/** Fewer expected tokens than this are drawn by their Poisson distribution, more by the normal one. */
const normalFrom = 30;

/** Up to so many tokens are dealt one by one. */
const oneByOne = 300;

/** Tokens of each language, from a place on, and where the dealt ones are written: an array of the same places. */
export interface DealtPlaces {
    /** Some may be 0. */
    readonly tokens: Float64Array;
    readonly dealt: Float64Array;
    readonly from: number;
    /** Languages. */
    readonly l: number;
}

/**
 * Says how many of some active tokens fall to each language where all tokens of all languages are as likely: a draw
 * from the multivariate hypergeometric distribution, exactly enough.
 * @param active at most the sum of tokens
 */
export type Deal = (active: number, places: DealtPlaces) => void;

/** Deals by these random numbers. */
export function dealer(generator: RandomGenerator): Deal {
    const numbers: Numbers = { uniform: () => uniform(generator), normal: normals(generator) };
    return (active, places) => {
        const { tokens, dealt, from, l } = places;
        let all = 0;
        for (let i = from; i < from + l; i++) all += tokens[i]!;
        const isFew = active <= all / 2;
        deal(isFew ? active : all - active, all, places, numbers);
        if (!isFew) for (let i = from; i < from + l; i++) dealt[i] = tokens[i]! - dealt[i]!;
    };
}

interface Numbers {
    readonly uniform: () => number;
    readonly normal: () => number;
}

/** Deals at most half of all tokens. */
function deal(active: number, all: number, { tokens, dealt, from, l }: DealtPlaces, numbers: Numbers): void {
    const end = from + l;
    dealt.fill(0, from, end);
    let [rest, left] = [active, all];
    for (let i = from; i < end && rest > 0; i++) {
        if (rest <= oneByOne) {
            dealOneByOne(rest, left, { tokens, dealt, from: i, l: end - i }, numbers);
            return;
        }
        const drawn = fallTo(tokens[i]!, rest, left, numbers);
        dealt[i] = drawn;
        rest -= drawn;
        left -= tokens[i]!;
    }
}

function dealOneByOne(active: number, all: number, { tokens, dealt, from, l }: DealtPlaces, numbers: Numbers): void {
    for (let token = 0; token < active; token++) {
        let place = numbers.uniform() * (all - token);
        let i = from;
        while (place >= tokens[i]! - dealt[i]! && i < from + l - 1) {
            place -= tokens[i]! - dealt[i]!;
            i++;
        }
        dealt[i]!++;
    }
}

/** How many of many active tokens, among those of all languages, fall to one: hypergeometric. */
function fallTo(tokens: number, active: number, all: number, numbers: Numbers): number {
    if (tokens > all / 2) return active - fallTo(all - tokens, active, all, numbers);
    const { uniform, normal } = numbers;
    if (tokens <= oneByOne) {
        let drawn = 0;
        for (let token = 0; token < tokens; token++) if (uniform() * (all - token) < active - drawn) drawn++;
        return drawn;
    }
    const mean = (tokens * active) / all;
    const deviation = Math.sqrt((mean * (1 - active / all) * (all - tokens)) / (all - 1));
    const drawn = mean < normalFrom ? poisson(mean, uniform) : Math.round(mean + deviation * normal());
    return Math.min(tokens, active, Math.max(0, active - (all - tokens), drawn));
}

/** By multiplying uniform numbers (Knuth). */
function poisson(mean: number, uniform: () => number): number {
    const end = Math.exp(-mean);
    let product = uniform();
    let drawn = 0;
    while (product > end) {
        product *= uniform();
        drawn++;
    }
    return drawn;
}

/** Standard normal numbers in pairs (Box and Muller). */
function normals(generator: RandomGenerator): () => number {
    let spare: number | undefined;
    return () => {
        if (spare !== undefined) {
            const drawn = spare;
            spare = undefined;
            return drawn;
        }
        const radius = Math.sqrt(-2 * Math.log(uniform(generator)));
        const angle = 2 * Math.PI * uniform(generator);
        spare = radius * Math.sin(angle);
        return radius * Math.cos(angle);
    };
}

/** In (0, 1). */
function uniform(generator: RandomGenerator): number {
    return ((generator.next() >>> 0) + 0.5) / 2 ** 32;
}
