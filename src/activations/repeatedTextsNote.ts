/** Below this share of a language's texts, what folds share changes no figure that is shown. */
const least = 0.01;

/**
 * What follows from texts that folds share, in one sentence.
 * @param shares of each language's different texts, those that are in several folds
 * @returns undefined where there are hardly any
 */
export function repeatedTextsNote(shares: ReadonlyMap<string, number>): string | undefined {
    const repeated = [...shares].filter(([, share]) => share >= least);
    if (repeated.length === 0) return undefined;
    const named = repeated.map(([language, share]) => `${language} ${(100 * share).toFixed(0)} %`).join(', ');
    return (
        `Some texts are in several folds (of the different ones: ${named}), which leaving one fold out does not ` +
        'leave out: the shares that keep their class are too high and the intervals too narrow. ' +
        'Collect each text once to know how sure they are.'
    );
}
