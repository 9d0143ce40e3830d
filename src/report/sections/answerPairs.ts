import type { Said, SaidPair } from '../../experiments/saidAnswers.js';
import { englishName } from '../../languages/englishName.js';
import { languageTag } from '../../languages/languageTag.js';
import { formatList } from '../../support/format.js';
import { html, type Html } from '../html.js';
import { languageName } from '../page/languageName.js';
import type { ReportAnswers } from '../readAnswers.js';
import type { ReportInput } from '../Report.js';
import { setLabel } from '../setSentences.js';

/** Most characters of an answer on the page. */
const mostCharacters = 700;

/** Questions with their answers by the whole model and without each language's neurons, beside each other. */
export function answerPairs({ answers }: ReportInput): Html | false {
    if (answers === undefined) return false;
    const { pairs, rows, set, questions } = answers;
    const switched = pairs.filter(({ language, without }) => without.language !== language && without.language);
    const others = pairs.filter((pair) => !switched.includes(pair));
    const same = rows.filter((row) => pairs.every(({ language }) => language !== row));
    const [first, folded] = switched.length > 0 ? [switched, others] : [others, []];
    return html` <section id="answer-pairs">
        <h3>Answers side by side</h3>
        <p>
            On the left the whole model, on the right the model without the ${setLabel(set)} neurons of the question’s
            language. They are chosen by a rule, not by hand: for each language at most two questions in the order of
            the file, first those that the whole model answers in the language of the question and that are answered in
            another language without its neurons, then those whose answers differ at all.
            ${same.length > 0 && `No answer changes without the neurons of ${formatList(same)}.`}
            ${questions === undefined && 'The texts of the questions are not at hand.'}
        </p>
        ${first.map((pair) => asked(pair, answers))}
        ${
            folded.length > 0 &&
            html`<details>
                <summary>Answers that changed within their language</summary>
                ${folded.map((pair) => asked(pair, answers))}
            </details>`
        }
    </section>`;
}

function asked({ language, index, whole, without }: SaidPair, { questions }: ReportAnswers): Html {
    const question = questions?.find((one) => one.language === language && one.index === index);
    return html` <h4>${languageName(language)}, question ${index + 1}</h4>
        ${question !== undefined && html`<p class="question">${inLanguage(question.text, language)}</p>`}
        <div class="pair">
            ${answer('The whole model', language, whole)}
            ${answer(`Without the neurons of ${language}`, language, without)}
        </div>`;
}

function answer(who: string, asked: string, { text, language, cut }: Said): Html {
    const told = language === undefined ? 'in no language that is recognised' : `in ${englishName(language)}`;
    return html`<div class="answer${language !== asked && ' elsewhere'}">
        <b>${who}, ${told}${cut && ', cut off'}</b>
        ${inLanguage(text.trim() === '' ? '(nothing)' : text.trim(), language)}
    </div>`;
}

// On one line: white space within shows.
function inLanguage(text: string, language = ''): Html {
    return html`<span dir="auto" lang="${languageTag(language) ?? ''}">${clipped(text)}</span>`;
}

function clipped(text: string): string {
    const characters = [...text.slice(0, 2 * mostCharacters)];
    return characters.length > mostCharacters ? `${characters.slice(0, mostCharacters).join('')} …` : text;
}
