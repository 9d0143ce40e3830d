import type { NeuronIndex } from '../../src/neurons/NeuronAnalysis.js';

/** Perplexity of the second half of each window of a text file, by llama-perplexity, to four decimals. */
export declare function llamaPerplexity(model: string, text: string, context: number): number;

/** The same by our engine, over so many scored tokens, with some neurons switched off. */
export declare function ownPerplexity(
    model: string,
    text: string,
    context: number,
    masked?: readonly NeuronIndex[],
): Promise<{ readonly value: number; readonly tokens: number }>;
