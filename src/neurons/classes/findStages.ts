import { uniformInt } from 'pure-rand/distribution/uniformInt';
import { sum } from '../../support/averages.js';
import { randomGenerator } from '../../support/randomGenerator.js';
import { type LayerCounts, type Stages, stageNames } from '../analysis/NeuronAnalysis.js';

/** Random orders of the layers that the model's own is compared with. */
const orders = 999;
const seed = 1;
/** The stages count as seen from this confidence on. */
const sure = 0.95;

/** How a layer fits each stage, with `l` and `g` in [-1, 1]; stage 4 asks for general neurons alone. */
const fits: readonly ((l: number, g: number) => number)[] = [
    (l, g) => l - g,
    (l, g) => g - l,
    (l, g) => l - g,
    (_, g) => g,
];

const rule =
    'Of each layer, l is the logarithm of its specific + related neurons and g that of its general ones, ' +
    'each stretched to [-1, 1] over the layers. The layers are divided into four runs such that the sum of l - g ' +
    '(stages 1 and 3), g - l (stage 2) and g (stage 4) is largest. The stages are seen where l is on average higher ' +
    'in stages 1 and 3 than in 2, g lowest in 3 and largest of all layers in 4, and at least 95 % of random orders ' +
    'of the layers fit worse; that share is the confidence.';

/**
 * Proposes the paper's four stages from the layer-wise distribution of neurons (section 4 of the
 * paper), by the rule that the result states.
 * @param layerSizes the number of neurons in each layer, by which its counts are divided; layers without any are left
 * out
 */
export function findStages(layers: readonly LayerCounts[], layerSizes: readonly number[]): Stages {
    // Layers without an FFN say nothing.
    const there = [...layerSizes.keys()].filter((layer) => layerSizes[layer]! > 0);
    const found = stagesOf(
        there.map((layer) => layers[layer]!),
        there.map((layer) => layerSizes[layer]!),
    );
    return {
        ...found,
        stages: found.stages.map(({ name, first, last }) => ({ name, first: there[first]!, last: there[last]! })),
    };
}

function stagesOf(layers: readonly LayerCounts[], sizes: readonly number[]): Stages {
    const unseen = (reason: string): Stages => ({ seen: false, reason, stages: [], confidence: 0, rule });
    if (layers.length < stageNames.length) return unseen(`it has fewer than ${stageNames.length} layers`);
    const mean = sum(sizes) / sizes.length;
    const curve = (count: (layer: LayerCounts) => number): number[] | undefined =>
        stretched(layers.map((layer, i) => Math.log1p(count(layer) * (mean / sizes[i]!))));
    const l = curve(({ specific, related }) => specific + related);
    const g = curve(({ general }) => general);
    if (l === undefined) return unseen('language neurons are spread evenly over its layers');
    if (g === undefined) return unseen('general neurons are spread evenly over its layers, or there are none');

    const { score, ends } = divide(l, g);
    const confidence = shareWorse(l, g, score);
    const stages = stageNames.map((name, s) => ({ name, first: s === 0 ? 0 : ends[s - 1]!, last: ends[s]! - 1 }));
    const average = (of: readonly number[], s: number): number => {
        const part = of.slice(stages[s]!.first, stages[s]!.last + 1);
        return sum(part) / part.length;
    };
    const [l1, l2, l3] = [0, 1, 2].map((s) => average(l, s)) as [number, number, number];
    const [g1, g2, g3, g4] = [0, 1, 2, 3].map((s) => average(g, s)) as [number, number, number, number];
    const against = [
        [l1 > l2, 'specific and related neurons do not fall after the first layers'],
        [l3 > l2, 'specific and related neurons do not rise again'],
        [
            g3 < Math.min(g1, g2, g4),
            'general neurons are not at their lowest where specific and related ones rise again',
        ],
        [g.indexOf(1) >= stages[3]!.first, 'general neurons are not at their maximum in the last layers'],
        [confidence >= sure, `${((1 - confidence) * 100).toFixed(0)} % of random orders of its layers fit as well`],
    ] as const;
    const reason = against.find(([holds]) => !holds)?.[1];
    return { seen: reason === undefined, ...(reason === undefined ? {} : { reason }), stages, confidence, rule };
}

/** Stretches a curve to [-1, 1]; undefined for a flat one. */
function stretched(values: readonly number[]): number[] | undefined {
    const [low, high] = [Math.min(...values), Math.max(...values)];
    if (!(high > low)) return undefined;
    return values.map((value) => (2 * (value - low)) / (high - low) - 1);
}

/** The best division into four runs of at least one layer, by dynamic programming; ends are exclusive. */
function divide(l: readonly number[], g: readonly number[]): { score: number; ends: number[] } {
    const n = l.length;
    const last = fits.length - 1;
    // best[s][i]: the best sum over layers 0..i, of which i is in stage s; from[s][i]: whether i begins it.
    const best = fits.map(() => new Float64Array(n).fill(-Infinity));
    const begins = fits.map(() => new Uint8Array(n));
    for (let i = 0; i < n; i++) {
        for (const [s, fit] of fits.entries()) {
            const stay = i > 0 ? best[s]![i - 1]! : -Infinity;
            const enter = s === 0 ? (i === 0 ? 0 : -Infinity) : i > 0 ? best[s - 1]![i - 1]! : -Infinity;
            best[s]![i] = Math.max(stay, enter) + fit(l[i]!, g[i]!);
            begins[s]![i] = enter > stay ? 1 : 0;
        }
    }
    const ends: number[] = [n];
    for (let i = n - 1, s = last; s > 0; i--) {
        if (begins[s]![i] === 0) continue;
        ends.unshift(i);
        s--;
    }
    return { score: best[last]![n - 1]!, ends };
}

/** Share of random orders of the layers whose best division scores lower. */
function shareWorse(l: readonly number[], g: readonly number[], score: number): number {
    const random = randomGenerator(seed);
    const order = Array.from(l.keys());
    const fitsOf = order.map((i) => fits.map((fit) => fit(l[i]!, g[i]!)));
    let asGood = 0;
    for (let round = 0; round < orders; round++) {
        for (let i = order.length - 1; i > 0; i--) {
            const j = uniformInt(random, 0, i);
            [order[i], order[j]] = [order[j]!, order[i]!];
        }
        if (bestScore(order.map((i) => fitsOf[i]!)) >= score) asGood++;
    }
    return 1 - (asGood + 1) / (orders + 1);
}

/** The score of `divide`, without the ends. @param fitsOf how each layer fits each stage, in the order of the layers */
function bestScore(fitsOf: readonly (readonly number[])[]): number {
    const best = fits.map(() => -Infinity);
    for (const [i, fit] of fitsOf.entries()) {
        for (let s = best.length - 1; s > 0; s--) best[s] = Math.max(best[s]!, best[s - 1]!) + fit[s]!;
        best[0] = (i === 0 ? 0 : best[0]!) + fit[0]!;
    }
    return best.at(-1)!;
}
