import { LanguageNeuronsError, wrongUse } from '../../errors.js';
import { readNamedText } from '../../files/readWhole.js';
import { englishName } from '../../languages/englishName.js';
import { languageTag } from '../../languages/languageTag.js';
import { type ChatModel, chatTemplate } from './chatTemplate.js';
import type { PromptTemplate } from './PromptTemplate.js';

export { englishName };

/** The words around a question in lm-evaluation-harness's `mgsm_native_cot_LL`, in its spelling. */
const nativeWords: Readonly<Record<string, readonly [question: string, answer: string]>> = {
    en: ['Question:', 'Step-by-Step Answer:'],
    es: ['Pregunta:', 'Respuesta paso a paso:'],
    fr: ['Question :', 'Réponse étape par étape :'],
    de: ['Frage:', 'Schritt-für-Schritt-Antwort:'],
    ru: ['Задача:', 'Пошаговоерешение:'],
    zh: ['问题:', '逐步解答:'],
    ja: ['問題:', 'ステップごとの答え:'],
    th: ['โจทย์:', 'คำตอบทีละขั้นตอน:'],
    sw: ['Swali:', 'Jibu la Hatua kwa Hatua:'],
    bn: ['প্রশ্ন:', 'ধাপে ধাপে উত্তর:'],
    te: ['ప్రశ్న:', 'దశలవారీగా సమాధానం:'],
};

function wordsOf(language: string): readonly [question: string, answer: string] {
    const words = nativeWords[languageTag(language)?.split('-')[0] ?? ''];
    if (words === undefined)
        throw wrongUse(
            `the template native-cot has no words in ${language}, ` +
                `only in ${Object.keys(nativeWords).join(', ')}; use another template`,
        );
    return words;
}

/** Templates known by name, besides the model's own, `chat`. */
export const promptTemplates: Readonly<Record<string, PromptTemplate>> = {
    /** MathOctopus (arXiv 2310.20246), which the paper's models were trained with. */
    mathoctopus: plain('mathoctopus', ({ language, text }) => {
        const name = englishName(language);
        return (
            'Below is an instruction that describes a task. Write a response that appropriately completes the ' +
            `request in ${name}. Please answer in ${name}.\n\n### Instruction:\n${text}\n\n### Response:`
        );
    }),
    /** Ends answers before another question, as lm-evaluation-harness does. */
    'native-cot': plain(
        'native-cot',
        ({ language, text }) => {
            const [question, answer] = wordsOf(language);
            return `${question} ${text}\n${answer}`;
        },
        (language) => [wordsOf(language)[0], '</s>', '<|im_end|>'],
    ),
};

/** Whether this is the name of a template; anything else is a file. */
export function isTemplateName(name: string): boolean {
    return name === 'chat' || Object.hasOwn(promptTemplates, name);
}

function plain(
    name: string,
    write: PromptTemplate['write'],
    stops: PromptTemplate['stops'] = () => [],
): PromptTemplate {
    return { name, special: false, write, stops };
}

/**
 * Opens a template by name, the model's own (`chat`), or a text file in which `{question}` stands for
 * the question and `{Language}` for the English name of its language.
 * @throws LanguageNeuronsError NOT_FOUND; DAMAGED for a file without `{question}`; UNSUPPORTED for `chat`
 * where the model has no chat template, or one that cannot be used
 */
export async function openTemplate(nameOrPath: string, model: ChatModel): Promise<PromptTemplate> {
    if (nameOrPath === 'chat') return await chatTemplate(model);
    if (Object.hasOwn(promptTemplates, nameOrPath)) return promptTemplates[nameOrPath]!;
    const text = await readNamedText(nameOrPath).catch((cause: LanguageNeuronsError) => {
        if (cause.code !== 'NOT_FOUND') throw cause;
        throw new LanguageNeuronsError(
            'NOT_FOUND',
            `${nameOrPath}: neither a known template nor a readable file; ` +
                `choose from chat, ${Object.keys(promptTemplates).join(', ')}, or give a text file with {question}`,
            { cause },
        );
    });
    if (!text.includes('{question}'))
        throw new LanguageNeuronsError(
            'DAMAGED',
            `${nameOrPath}: holds no {question}; write it where the question belongs`,
        );
    const parts = text.replace(/\r?\n$/, '');
    // Functions, so that a $ in a question is not special.
    return plain(nameOrPath, ({ language, text: question }) =>
        parts.replaceAll('{Language}', () => englishName(language)).replaceAll('{question}', () => question),
    );
}
