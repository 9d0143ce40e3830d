import type { Said, SaidPair } from '../../experiments/givenAnswers/saidAnswers.js';
import { englishName } from '../../languages/englishName.js';
import { languageTag } from '../../languages/languageTag.js';
import { stateWords } from '../../interventions/operationWords.js';
import { capitalized, formatList } from '../../support/format.js';
import { html, type Html } from '../../support/html.js';
import { languageName } from '../tables/htmlTable.js';
import type { ReportAnswers } from '../input/readAnswers.js';
import { setLabel } from '../facts/setSentences.js';
import { answersName } from './Section.js';

/** Most characters of an answer on the page. */
const mostCharacters = 700;

/** Questions with their answers by the whole model, and by it with each language's neurons changed, side by side. */
export function answerPairs(answers: ReportAnswers): Html {
    const { operation, pairs, rows, set, questions } = answers;
    const switched = pairs.filter(({ language, changed }) => changed.language !== language && changed.language);
    const others = pairs.filter((pair) => !switched.includes(pair));
    const own = stateWords(`the ${setLabel(set)} neurons of the question’s language`, operation);
    const same = rows.filter((row) => pairs.every(({ language }) => language !== row));
    const [first, folded] = switched.length > 0 ? [switched, others] : [others, []];
    return html` <section id="${answersName(answers)}.pairs">
        <h3>Answers side by side</h3>
        <p>
            On the left the whole model answers, on the right the model ${own}. The questions are chosen by a rule, not
            by hand: at most two of each language, in the order of the file. First come those that only the whole model
            answers in their language, then others whose two answers differ.
            ${same.length > 0 && `No answer changes ${stateWords(`the neurons of ${formatList(same)}`, operation)}.`}
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

function asked({ language, index, whole, changed }: SaidPair, { operation, questions }: ReportAnswers): Html {
    const question = questions?.find((one) => one.language === language && one.index === index);
    return html` <h4>${languageName(language)}, question ${index + 1}</h4>
        ${question !== undefined && html`<p class="question">${inLanguage(question.text, language)}</p>`}
        <div class="pair">
            ${answer('The whole model', language, whole)}
            ${answer(capitalized(stateWords(`the neurons of ${language}`, operation)), language, changed)}
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
