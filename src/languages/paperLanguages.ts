/** The ten languages of the paper, in its order. */
export const paperLanguages = ['en', 'ru', 'es', 'fr', 'de', 'zh', 'ja', 'bn', 'th', 'sw'] as const;

/** Sorts languages: the paper's first, in its order, then the others by name. */
export function inPaperOrder(languages: Iterable<string>): string[] {
    const rank = (language: string): number => {
        const index = (paperLanguages as readonly string[]).indexOf(language);
        return index < 0 ? paperLanguages.length : index;
    };
    return [...languages].sort((a, b) => rank(a) - rank(b) || (a < b ? -1 : a > b ? 1 : 0));
}
