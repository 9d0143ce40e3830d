import type { ModelState } from '../../interventions/ModelState.js';
import type { Cell, Estimate } from '../../experiments/statistics/estimates.js';
import type { Measurements } from '../../experiments/metric/Metric.js';
import {
    average,
    between,
    difference,
    drawResamples,
    estimate,
    nothing,
} from '../../experiments/statistics/resampling.js';

/** What a change of neurons does to log-perplexity: the rise of -ln p a token, in nats. */
export interface Damage {
    /** In the language whose neurons they are. */
    readonly own: Estimate;
    /** On average over the other languages. */
    readonly others: Estimate;
    /** own - others: the selectivity index. */
    readonly selectivity: Estimate;
    /** Place of its own language among all, the most harmed one being the first. */
    readonly rank: number;
}

/**
 * Rises of log-perplexity by language, from the cells of a perplexity over tokens. Both sides of a rise are resampled
 * together, text by text.
 * @returns of a state, the rise in each of the languages
 */
export function risesOf(
    measurements: Pick<Measurements, 'cell'>,
    whole: ModelState,
    languages: readonly string[],
): (state: ModelState) => Estimate[] {
    const draws = new Map<number, Uint16Array[]>();
    const estimated = (cell: Cell): Estimate => {
        const units = cell.numerators.length;
        if (!draws.has(units)) draws.set(units, drawResamples(units));
        return estimate(cell, draws.get(units)!, (mean) => mean);
    };
    const before = languages.map((language) => estimated(measurements.cell(whole, language)));
    return (state) =>
        languages.map((language, k) =>
            state.name === whole.name
                ? nothing(before[k]!)
                : difference(estimated(measurements.cell(state, language)), before[k]!),
        );
}

/** @param own place of the language whose neurons they are, in at least two */
export function damageOf(rises: readonly Estimate[], own: number): Damage {
    const others = average(rises.filter((_, k) => k !== own));
    return {
        own: rises[own]!,
        others,
        selectivity: difference(rises[own]!, others),
        rank: 1 + rises.filter(({ value }) => value > rises[own]!.value).length,
    };
}

/** A control that harms the other languages as much as the neurons do. */
export interface MatchedDamage {
    readonly damage: Damage;
    /** Number of random neurons that do, between two numbers that were measured. */
    readonly neurons: number;
    /** Whether enough of them were measured; otherwise these are the most, which harm less. */
    readonly reached: boolean;
}

/**
 * Interpolates the damage of ever more random neurons at the point where it is as great in the other languages as that
 * of a language's own.
 * @param measured ascending numbers of neurons
 */
export function matchDamage(
    target: Damage,
    measured: readonly { readonly neurons: number; readonly rises: readonly Estimate[] }[],
    own: number,
): MatchedDamage {
    const none = { neurons: 0, rises: measured[0]!.rises.map(nothing) };
    const points = [none, ...measured];
    const wanted = target.others.value;
    const harm = (point: (typeof points)[number]): number => damageOf(point.rises, own).others.value;
    if (!(wanted > 0)) return { damage: damageOf(none.rises, own), neurons: 0, reached: true };
    const place = points.findIndex((point) => harm(point) >= wanted);
    if (place < 0) {
        const { rises, neurons } = points.at(-1)!;
        return { damage: damageOf(rises, own), neurons, reached: false };
    }
    const [less, more] = [points[place - 1]!, points[place]!];
    const share = (wanted - harm(less)) / (harm(more) - harm(less));
    const rises = less.rises.map((rise, k) => between(rise, more.rises[k]!, share));
    return {
        damage: damageOf(rises, own),
        neurons: less.neurons + share * (more.neurons - less.neurons),
        reached: true,
    };
}
