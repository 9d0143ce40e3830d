// Tokens that the page's table shows of neurons and searches. Imports nothing of Node.

/** A block: neurons of which tokens are known, by flat index. */
export interface SiteTokens {
    readonly neurons: readonly NeuronTokens[];
}

/** One neuron's tokens, all as `shownToken` writes them. */
export interface NeuronTokens {
    readonly flat: number;
    /** Tokens for which it is most active in whatever language. Absent: no examples were collected of it. */
    readonly strongest?: readonly string[] | undefined;
    /** Those of each language, by its tag. */
    readonly languages: Readonly<Record<string, readonly string[]>>;
    /** Tokens whose logits it raises most. Absent: its effects were not computed. */
    readonly raised?: readonly string[] | undefined;
}

export function tokensPath(block: number): string {
    return `data/tokens.${block}.json`;
}
