/** Where folds share less than this of a language's texts, no figure that is shown changes. */
const least = 0.01;

/**
 * A sentence on texts that several folds share, and what follows from that.
 * @param shares by language, the share of its different texts that are in several folds
 * @returns undefined where hardly any are
 */
export function repeatedTextsNote(shares: ReadonlyMap<string, number>): string | undefined {
    const repeated = [...shares].filter(([, share]) => share >= least);
    if (repeated.length === 0) return undefined;
    const named = repeated.map(([language, share]) => `${language} ${(100 * share).toFixed(0)} %`).join(', ');
    return (
        `Some texts are in several folds (${named} of the distinct texts), and leaving one fold out does not ` +
        'leave them out: the shares that keep their class are too high and the intervals too narrow. ' +
        'Collect each text once for correct intervals.'
    );
}
