import { readActivationsSource } from '../../activations/activationsFile.js';
import { shareWithin } from '../../activations/sketch.js';

/** Says, by language, which share of the evaluated texts the neurons were found on too. */
export function countedWords(shares: Readonly<Record<string, number>>): string {
    const list = Object.entries(shares)
        .map(([language, share]) => `${language} ${Math.round(share * 100)} %`)
        .join(', ');
    return `evaluated on texts that were counted (${list} of the texts)`;
}

/**
 * The share of each language's texts that the folder's counts were made of too; undefined where none was, or it is
 * not known.
 */
export async function countedShares(
    folder: string,
    sketches: Readonly<Record<string, string>>,
): Promise<Record<string, number> | undefined> {
    const texts = (await readActivationsSource(folder))?.source.dataset.texts ?? {};
    const shares = Object.entries(sketches).map(
        ([language, sketch]) => [language, shareWithin(sketch, texts[language]?.sketch ?? '')] as const,
    );
    const found = shares.filter(([, share]) => share > 0);
    return found.length === 0 ? undefined : Object.fromEntries(found);
}
