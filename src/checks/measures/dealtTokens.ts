import type { RandomNumbers } from '../../support/randomNumbers.js';

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
export function dealTokens(active: number, places: DealtPlaces, numbers: RandomNumbers): void {
    const { tokens, dealt, from, l } = places;
    let all = 0;
    for (let i = from; i < from + l; i++) all += tokens[i]!;
    if (active <= all / 2) {
        dealFew(active, all, places, numbers);
        return;
    }
    dealFew(all - active, all, places, numbers);
    for (let i = from; i < from + l; i++) dealt[i] = tokens[i]! - dealt[i]!;
}

/** Deals at most half of all tokens. */
function dealFew(active: number, all: number, { tokens, dealt, from, l }: DealtPlaces, numbers: RandomNumbers): void {
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

function dealOneByOne(
    active: number,
    all: number,
    { tokens, dealt, from, l }: DealtPlaces,
    numbers: RandomNumbers,
): void {
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
function fallTo(tokens: number, active: number, all: number, numbers: RandomNumbers): number {
    if (tokens > all / 2) return active - fallTo(all - tokens, active, all, numbers);
    if (tokens <= oneByOne) {
        let drawn = 0;
        for (let token = 0; token < tokens; token++) if (numbers.uniform() * (all - token) < active - drawn) drawn++;
        return drawn;
    }
    const share = active / all;
    const mean = tokens * share;
    const deviation = Math.sqrt((mean * (1 - share) * (all - tokens)) / (all - 1));
    const drawn = mean < normalFrom ? poisson(mean, numbers) : Math.round(mean + deviation * numbers.normal());
    return Math.min(tokens, active, Math.max(0, active - (all - tokens), drawn));
}

/** By multiplying uniform numbers (Knuth). */
function poisson(mean: number, numbers: RandomNumbers): number {
    const end = Math.exp(-mean);
    let product = numbers.uniform();
    let drawn = 0;
    while (product > end) {
        product *= numbers.uniform();
        drawn++;
    }
    return drawn;
}
