import type { NeuronIndex } from '../../src/neurons/analysis/NeuronAnalysis.js';

/** Perplexity of the second half of each window of a text file, by llama-perplexity, to four decimals. */
export declare function llamaPerplexity(model: string, text: string, context: number): number;

/** The same by our engine, over so many scored tokens, with some neurons switched off. */
export declare function ownPerplexity(
    model: string,
    text: string,
    context: number,
    masked?: readonly NeuronIndex[],
): Promise<{ readonly value: number; readonly tokens: number }>;

/** Mean KL divergence a token, in nats, and the share of tokens with the same likeliest one. */
interface WindowsDivergence {
    readonly value: number;
    readonly sameTop: number;
}

/**
 * Of a model from a reference, by llama-perplexity, to six decimals.
 * @param file path for the reference's log-probabilities, which are removed
 */
export declare function llamaDivergence(
    reference: string,
    model: string,
    text: string,
    context: number,
    file: string,
): WindowsDivergence;

/** The same by our engine, and `written`: with the reference's log-probabilities rounded as llama-perplexity does. */
export declare function ownDivergence(
    reference: string,
    model: string,
    text: string,
    context: number,
): Promise<WindowsDivergence & { readonly written: number; readonly tokens: number }>;
