import { readFile } from 'node:fs/promises';
import { LanguageNeuronsError } from '../errors.js';
import type { Question } from './Questions.js';

/** Writes the whole prompt of a question. */
export type PromptTemplate = (question: Question) => string;

/** The words around a question in lm-evaluation-harness's `mgsm_native_cot_LL`, as it spells them. */
const nativeWords: Readonly<Record<string, readonly [question: string, answer: string]>> = {
    en: ['Question:', 'Step-by-Step Answer:'], es: ['Pregunta:', 'Respuesta paso a paso:'], fr: ['Question :', 'Réponse étape par étape :'],
    de: ['Frage:', 'Schritt-für-Schritt-Antwort:'], ru: ['Задача:', 'Пошаговоерешение:'], zh: ['问题:', '逐步解答:'],
    ja: ['問題:', 'ステップごとの答え:'], th: ['โจทย์:', 'คำตอบทีละขั้นตอน:'], sw: ['Swali:', 'Jibu la Hatua kwa Hatua:'],
    bn: ['প্রশ্ন:', 'ধাপে ধাপে উত্তর:'], te: ['ప్రశ్న:', 'దశలవారీగా సమాధానం:'],
};

/** Templates known by name. */
export const promptTemplates: Readonly<Record<string, PromptTemplate>> = {
    /** MathOctopus (arXiv 2310.20246), which the paper's models were trained with. */
    mathoctopus: ({ language, text }) => {
        const name = englishName(language);
        return `Below is an instruction that describes a task. Write a response that appropriately completes the request in ${name}. Please answer in ${name}.\n\n### Instruction:\n${text}\n\n### Response:`;
    },
    'native-cot': ({ language, text }) => {
        const words = nativeWords[language];
        if (words === undefined) throw new LanguageNeuronsError('WRONG_USE', `the template native-cot has no words in ${language}, only in ${Object.keys(nativeWords).join(', ')}; use another template`);
        return `${words[0]} ${text}\n${words[1]}`;
    },
};

/**
 * A template by name, or from a text file in which `{question}` stands for the question and
 * `{Language}` for the English name of its language.
 * @throws LanguageNeuronsError NOT_FOUND, or DAMAGED for a file without `{question}`
 */
export async function openTemplate(nameOrPath: string): Promise<PromptTemplate> {
    if (Object.hasOwn(promptTemplates, nameOrPath)) return promptTemplates[nameOrPath]!;
    const text = await readFile(nameOrPath, 'utf8').catch((cause: NodeJS.ErrnoException) => {
        throw new LanguageNeuronsError('NOT_FOUND', `${nameOrPath}: no such template, nor a file that can be read; choose from ${Object.keys(promptTemplates).join(', ')}, or give a text file with {question}`, { cause });
    });
    if (!text.includes('{question}')) throw new LanguageNeuronsError('DAMAGED', `${nameOrPath}: holds no {question}; write it where the question belongs`);
    const parts = text.replace(/\r?\n$/, '');
    // Through functions, so that a $ in a question stays one.
    return ({ language, text: question }) => parts.replaceAll('{Language}', () => englishName(language)).replaceAll('{question}', () => question);
}

/** `German` for `de`; Bengali as the papers say, not Bangla. */
export function englishName(language: string): string {
    return language === 'bn' ? 'Bengali' : new Intl.DisplayNames(['en'], { type: 'language' }).of(language) ?? language;
}
