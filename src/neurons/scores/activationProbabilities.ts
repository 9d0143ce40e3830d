import { type Activations, sitesOf } from '../../activations/Activations.js';
import { toNumbers } from '../../activations/toNumbers.js';
import { neuronsAt } from '../../engine/types/Site.js';
import { LanguageNeuronsError, wrongUse } from '../../errors.js';
import { sum } from '../../support/averages.js';
import type { ProbabilityName } from '../analysis/choices.js';
import { locator, siteStarts } from '../analysis/flatIndex.js';

/** Probabilities of n neurons, or of n experts, in l languages. */
export interface Probabilities {
    /** p[n, l], row-major. */
    readonly p: Float64Array;
    readonly n: number;
    /** Languages. */
    readonly l: number;
    /** Returns the site and the index there of a row's neuron or expert. */
    readonly locate: (row: number) => readonly [site: number, index: number];
}

export interface ProbabilityOptions {
    /** Default `conditional`. */
    readonly probability?: ProbabilityName;
    /** Neurons of an expert with fewer tokens in some language are not assessed. Default 0: all are. */
    readonly minRouted?: number;
}

/**
 * The share of counted tokens for which each neuron was active: p = counts / tokens (eq. 4). At a routed site
 * `conditional` divides by the tokens that went through the neuron's expert, a / n_e, and `joint` by all, a / T;
 * neurons of experts that saw too few tokens are left out.
 * @param assessed flat indices of the neurons to take; default: those with enough tokens
 * @returns also the flat indices of the neurons taken, ascending; undefined: all
 * @throws LanguageNeuronsError WRONG_USE for fewer than two languages, EMPTY for one without tokens
 */
export function activationProbabilities(
    activations: Activations,
    { probability = 'conditional', minRouted = 0 }: ProbabilityOptions = {},
    assessed?: Uint32Array,
): Probabilities & { readonly assessed: Uint32Array | undefined } {
    const { languages, counts, routed = [] } = activations;
    const totals = totalTokens(activations);
    const l = languages.length;
    const sites = sitesOf(activations);
    const all = sum(sites, neuronsAt);
    const taken = assessed ?? assessable(activations, minRouted);
    const n = taken?.length ?? all;
    const p = new Float64Array(n * l);
    const starts = siteStarts(sites.map(neuronsAt));
    let row = 0;
    for (const [i, site] of sites.entries()) {
        const active = toNumbers(counts[i]!);
        const through = site.kind === 'routed' && probability === 'conditional' ? toNumbers(routed[i]!) : undefined;
        const end = starts[i]! + neuronsAt(site);
        for (let j = starts[i]!; j < end; j++) {
            if (taken !== undefined) {
                if (row >= n || taken[row]! >= end) break;
                j = taken[row]!;
            }
            const at = (j - starts[i]!) * l;
            const expert = through === undefined ? 0 : Math.floor((j - starts[i]!) / site.width) * l;
            for (let k = 0; k < l; k++) {
                const of = through === undefined ? totals[k]! : through[expert + k]!;
                p[row * l + k] = of === 0 ? 0 : active[at + k]! / of;
            }
            row++;
        }
    }
    const locate = locator(sites.map(neuronsAt));
    return { p, n, l, assessed: taken, locate: taken === undefined ? locate : (index) => locate(taken[index]!) };
}

/**
 * The share of a language's tokens that went through each expert, r = n_e / T, over all routed sites; undefined
 * where there is none.
 */
export function routingProbabilities(activations: Activations): Probabilities | undefined {
    const { routed = [] } = activations;
    const l = activations.languages.length;
    const numbers = routed.flatMap((through, site) =>
        through.length === 0 ? [] : [{ site, experts: through.length / l, through: toNumbers(through) }],
    );
    if (numbers.length === 0) return undefined;
    const totals = totalTokens(activations);
    const p = Float64Array.from(
        numbers.flatMap(({ through }) => Array.from(through, (number, j) => number / totals[j % l]!)),
    );
    const locate = locator(numbers.map(({ experts }) => experts));
    return {
        p,
        n: p.length / l,
        l,
        locate: (row) => {
            const [place, expert] = locate(row);
            return [numbers[place]!.site, expert];
        },
    };
}

function totalTokens({ languages, tokens }: Activations): number[] {
    if (languages.length < 2) {
        throw wrongUse(
            `language neurons need at least two languages to compare, not ${languages.length}; collect more`,
        );
    }
    const totals = Array.from(tokens, Number);
    for (const [k, total] of totals.entries()) {
        if (total === 0)
            throw new LanguageNeuronsError(
                'EMPTY',
                `language ${languages[k]!} has no counted tokens; collect texts in it or leave it out`,
            );
    }
    return totals;
}

/** Flat indices of neurons whose expert saw enough tokens of every language; undefined where no site is routed. */
export function assessable(activations: Activations, minRouted: number): Uint32Array | undefined {
    const {
        routed,
        languages: { length: l },
    } = activations;
    if (routed === undefined) return undefined;
    const sites = sitesOf(activations);
    const taken = new Uint32Array(sum(sites, neuronsAt));
    let [flat, n] = [0, 0];
    for (const [i, { kind, experts, width }] of sites.entries()) {
        const through = toNumbers(routed[i]!);
        for (let expert = 0; expert < experts; expert++, flat += width) {
            const enough =
                kind !== 'routed' ||
                through.subarray(expert * l, (expert + 1) * l).every((number) => number >= minRouted);
            if (enough) for (let j = 0; j < width; j++) taken[n++] = flat + j;
        }
    }
    return taken.slice(0, n);
}
