import { detectorCode } from '../../answers/detectorCode.js';
import { englishName } from '../../languages/englishName.js';
import { languageTag, usualTag } from '../../languages/languageTag.js';
import type { Questions } from '../../questions/sources/Questions.js';
import { formatList } from '../../support/format.js';
import type { Progress } from '../../support/progress.js';
import type { AnswerJudge } from '../metric/choices.js';

const noted = new WeakSet<Questions>();

/**
 * Says once which languages the detector does not know, in which no answer is right but by its number alone, and which
 * it takes for a wider one.
 * @param mend what to do about the former
 */
export function noteUnknownLanguages(
    questions: Questions,
    judge: AnswerJudge,
    progress: Progress,
    mend = 'judge by the number alone (`judge: number`), or leave the language out',
): void {
    if (judge === 'number' || noted.has(questions)) return;
    noted.add(questions);
    const { name, languages } = questions;
    const unknown = languages.filter((language) => detectorCode(language) === undefined);
    if (unknown.length > 0) {
        progress.note(
            `${name}: the detector does not know the language of answers in ${formatList(unknown)}, so none of them ` +
                `counts as right; ${mend}`,
        );
    }
    const wider = languages.flatMap((language) => {
        const code = detectorCode(language);
        const tag = code === undefined ? undefined : languageTag(code)!;
        if (tag === undefined || [tag, usualTag(tag)].includes(languageTag(language))) return [];
        return [`${language} as ${englishName(usualTag(tag) ?? tag)}`];
    });
    if (wider.length > 0)
        progress.note(`${name}: the language of answers is detected only as a wider one: ${formatList(wider)}`);
}
