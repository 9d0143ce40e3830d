import type { Site } from '../../engine/types/Site.js';
import { type NeuronClass, neuronClasses } from '../analysis/NeuronAnalysis.js';
import { neuronName } from './neuronNames.js';
import type { NeuronTable } from './neuronTable.js';

/** One neuron of a table, for people and files. */
export interface NeuronRow {
    /** Its name, see `neuronName`. */
    readonly neuron: string;
    readonly layer: number;
    readonly site: number;
    readonly kind: Site['kind'];
    /** Null where the site is not routed. */
    readonly expert: number | null;
    /** `[site, index]` names the neuron; at a routed site the index runs expert by expert. */
    readonly index: number;
    /** Null: in no class. */
    readonly class: NeuronClass | null;
    /** Languages in which it is high: those that a specific or related neuron belongs to. */
    readonly languages: readonly string[];
    /** Their number. */
    readonly N: number;
    /** Null: not assessed. */
    readonly score: number | null;
    /** Share of the folds without which it keeps its class; null: it has none. Absent: not known. */
    readonly stability?: number | null;
    /** Tokens for which it is most active; null: no examples were collected of it. Absent: of no neuron. */
    readonly strongest?: readonly string[] | null;
    /** Tokens whose logits it raises most; null: not computed. Absent: of no neuron. */
    readonly raised?: readonly string[] | null;
    /** By language; null: not assessed. */
    readonly probability: Readonly<Record<string, number | null>>;
    /** By language. */
    readonly count: Readonly<Record<string, number>>;
}

/** Neuron `row` of a table. */
export function neuronRow(table: NeuronTable, row: number): NeuronRow {
    const { languages, sites, stability } = table;
    const l = languages.length;
    const site = table.site[row]!;
    const { layer, kind, width } = sites[site]!;
    const index = table.index[row]!;
    const number = table.class[row]!;
    return {
        neuron: neuronName(sites, [site, index]),
        ...{ layer, site, kind, expert: kind === 'routed' ? Math.floor(index / width) : null, index },
        class: number === 0 ? null : neuronClasses[number - 1]!,
        languages: languages.filter((_, k) => isHigh(table, row, k)),
        N: table.high[row]!,
        score: orNull(table.score[row]!),
        ...(stability === undefined ? {} : { stability: orNull(stability[row]!) }),
        ...(table.strongest === undefined ? {} : { strongest: table.strongest.get(row) ?? null }),
        ...(table.raised === undefined ? {} : { raised: table.raised.get(row) ?? null }),
        probability: Object.fromEntries(
            languages.map((language, k) => [language, orNull(table.probability[row * l + k]!)]),
        ),
        count: Object.fromEntries(languages.map((language, k) => [language, table.count[row * l + k]!])),
    };
}

/** Whether a neuron's probability in language k is high. */
export function isHigh({ languages, probability, threshold }: NeuronTable, row: number, k: number): boolean {
    return probability[row * languages.length + k]! > threshold;
}

function orNull(value: number): number | null {
    return Number.isNaN(value) ? null : value;
}
