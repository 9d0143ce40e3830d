import { scriptOf } from '../languages/scriptOf.js';
import { scriptParts } from '../languages/textScript.js';
import { remembered } from '../support/remembered.js';
import { linesOf } from './plainLines.js';

/** Fewest letters of a word in Latin letters that counts: shorter ones are units (km, kg) and letters of formulas. */
const leastLatin = 3;

/** Words of an answer. */
export interface AnswerWords {
    readonly words: number;
    /** Of these, words in another script than the language's. */
    readonly foreign: readonly string[];
}

/** How the words of a language are found. */
interface WordForms {
    /** Runs of letters in other scripts than the language's; with Latin letters go digits, as in mp3. */
    readonly foreign: RegExp;
    readonly segmenter: Intl.Segmenter;
}

/**
 * The words of an answer, and those in another script than its language is written in. In a language of another script,
 * a word in Latin letters counts where it is all in lower case and has three letters or more: others may be names,
 * acronyms or units. A single Greek letter is a symbol. What is not found is a word of another language in the same
 * script, such as an English one in a German answer.
 * @param language tag of the language asked
 */
export function answerWords(text: string, language: string): AnswerWords {
    const { foreign: form, segmenter } = formsOf(language);
    const foreign: string[] = [];
    let words = 0;
    for (const line of linesOf(text)) {
        const rest = line.replace(form, (word) => {
            if (isCounted(word)) foreign.push(word);
            return ' ';
        });
        for (const { isWordLike, segment } of segmenter.segment(rest)) {
            if (isWordLike === true && /\p{L}/u.test(segment)) words++;
        }
    }
    return { words: words + foreign.length, foreign };
}

function isCounted(word: string): boolean {
    if (/\p{sc=Latn}/u.test(word)) return word.length >= leastLatin && /^[\p{Ll}\p{M}'’-]+$/u.test(word);
    return !/^\p{sc=Grek}$/u.test(word);
}

const formsOf = remembered((language: string): WordForms => {
    const own = scriptParts(scriptOf(language).script);
    const none = ['Latn', ...own, 'Zyyy', 'Zinh'].map((script) => `\\p{scx=${script}}`).join('');
    const latin = own.includes('Latn') ? [] : ["[\\p{sc=Latn}\\d]*\\p{sc=Latn}[\\p{sc=Latn}\\p{M}\\d'’-]*"];
    return {
        foreign: new RegExp([...latin, `(?:(?![${none}])\\p{L}\\p{M}*)+`].join('|'), 'gu'),
        segmenter: new Intl.Segmenter(language, { granularity: 'word' }),
    };
});
