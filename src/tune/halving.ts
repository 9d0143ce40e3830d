/** What is searched, and how each candidate is tried. */
export interface Halving<Candidate> {
    /** Those that change less come first: of candidates that pass as often, the first stays. */
    readonly candidates: readonly Candidate[];
    /** Prompts of each round, rising; a round asks those of the round before again, and more. At least one round. */
    readonly rounds: readonly number[];
    /** The share of the prompts that each candidate passes. */
    passRates(candidates: readonly Candidate[], prompts: number, round: number): Promise<readonly number[]>;
    /** Whether a candidate keeps within bounds. Asked only of those that would stay. */
    admits(candidate: Candidate): Promise<boolean>;
}

/** What was left of a round. */
export interface HalvingRound<Candidate> {
    readonly prompts: number;
    readonly tried: number;
    /** Those within bounds, the best first. */
    readonly kept: readonly { readonly candidate: Candidate; readonly passRate: number }[];
}

/** The share of its candidates that a round keeps. */
const keptShare = 1 / 3;

/**
 * Successive halving (Karnin, Koren and Somekh, ICML 2013; Jamieson and Talwalkar, AISTATS 2016), by thirds: many
 * candidates are tried on few prompts, the best third on more, the best of the last round is the answer.
 * @returns the rounds; the first kept of the last is the best. A round that keeps none is the last.
 */
export async function successiveHalving<Candidate>({
    candidates,
    rounds,
    passRates,
    admits,
}: Halving<Candidate>): Promise<HalvingRound<Candidate>[]> {
    const done: HalvingRound<Candidate>[] = [];
    let left = candidates;
    for (const [round, prompts] of rounds.entries()) {
        if (left.length === 0) break;
        const rates = await passRates(left, prompts, round);
        // The order is stable: of equals, the one that changes less.
        const ranked = [...left.keys()].sort((a, b) => rates[b]! - rates[a]!);
        const places = left.length > 1 ? keptOf(left.length) : 1;
        const kept: { candidate: Candidate; passRate: number }[] = [];
        for (const place of ranked) {
            if (kept.length === places) break;
            if (await admits(left[place]!)) kept.push({ candidate: left[place]!, passRate: rates[place]! });
        }
        done.push({ prompts, tried: left.length, kept });
        // In the order of the candidates again, for ties.
        const staying = new Set(kept.map(({ candidate }) => candidate));
        left = left.filter((candidate) => staying.has(candidate));
    }
    return done;
}

/** How many of some candidates a round keeps. */
function keptOf(candidates: number): number {
    return Math.max(1, Math.ceil(candidates * keptShare));
}

/**
 * The candidates tried in each round, at most: fewer where bounds refuse some.
 * @param rounds their number
 */
export function triedInRounds(candidates: number, rounds: number): number[] {
    const tried = [candidates];
    while (tried.length < rounds) tried.push(keptOf(tried.at(-1)!));
    return tried;
}
