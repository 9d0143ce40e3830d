/** What follows from texts that folds share. */
export function inSeveralFoldsWords(language: string, share: number): string {
    const percent = share < 0.01 ? 'under 1' : (100 * share).toFixed(0);
    return (
        `${language}: ${percent} % of the different texts are in several folds, which leaving one out does not leave ` +
        'out: the shares that keep their class are too high and the intervals too narrow; ' +
        'collect each text once to know how sure they are'
    );
}
