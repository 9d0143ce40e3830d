// What the page reads of the tokens that neurons raise and lower. Imports nothing of Node.

/** A block of the file of effects: whole neurons, by flat index. */
export interface SiteEffects {
    readonly neurons: readonly SiteNeuronEffects[];
}

export interface SiteNeuronEffects {
    readonly flat: number;
    /** The first most. */
    readonly raised: readonly SiteTokenEffect[];
    readonly lowered: readonly SiteTokenEffect[];
}

export interface SiteTokenEffect {
    /** As `shownToken` writes it. */
    readonly text: string;
    readonly effect: number;
    /** Of its letters, such as `Cyrl`; absent: none, or several. */
    readonly script?: string;
    /** Tag of the only language of the run that is written in it. */
    readonly language?: string;
}

export function effectsPath(block: number): string {
    return `data/effects.${block}.json`;
}

/** The block that a neuron would be in, by the flat index of each block's first neuron; -1: before all. */
export function blockOf(firsts: readonly number[], flat: number): number {
    return firsts.findLastIndex((first) => first <= flat);
}
