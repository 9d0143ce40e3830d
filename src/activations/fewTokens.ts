import type { Activations } from './Activations.js';
import { formatList } from '../support/format.js';

/** The standard error of a probability from so many tokens is at most 0.05. */
const enoughTokens = 100;

/**
 * A sentence on languages that were counted on too few tokens, so that chance decides which neurons are theirs;
 * undefined where there is none.
 */
export function fewTokens({ languages, tokens }: Pick<Activations, 'languages' | 'tokens'>): string | undefined {
    const few = languages.flatMap((language, k) => {
        const counted = tokens[k]!;
        return counted < enoughTokens ? [`${language} (${counted} ${counted === 1n ? 'token' : 'tokens'})`] : [];
    });
    if (few.length === 0) return undefined;
    const why = 'below some hundred tokens chance decides which neurons are found';
    return `few tokens of ${formatList(few)}: ${why}; give more texts`;
}
