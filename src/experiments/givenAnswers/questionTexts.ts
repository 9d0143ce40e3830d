import { resolve } from 'node:path';
import { LanguageNeuronsError } from '../../errors.js';
import { isReadFailure } from '../../files/fileAccess.js';
import { folderOfQuestions, namedQuestions, openQuestions } from '../../questions/sources/openQuestions.js';
import type { Question } from '../../questions/sources/Questions.js';
import { keyOf } from '../../support/keyOf.js';
import type { DeactivationMatrix } from '../results/DeactivationMatrix.js';

/**
 * The questions behind a matrix of answers, if their files are still in place; nothing is downloaded. Questions
 * that are not the matrix's, by their hash, are not returned.
 * @param folder of the matrix: paths are relative to it
 * @throws LanguageNeuronsError NOT_FOUND where they are there and reading them fails
 */
export async function questionTexts(
    folder: string,
    { settings, languages, whole }: DeactivationMatrix,
): Promise<readonly Question[] | undefined> {
    const source = String(settings.questions);
    const path = namedQuestions.includes(source) ? folderOfQuestions(source) : resolve(folder, source);
    try {
        const questions = await openQuestions(path, { languages });
        const asked: Question[] = [];
        for (const language of languages) {
            asked.push(...(await questions.inLanguage(language)).slice(0, whole[language]?.numerators.length));
        }
        const hash = keyOf(asked.map(({ language, text, answer }) => [language, text, answer]));
        return hash === settings.texts ? asked : undefined;
    } catch (error) {
        if (error instanceof LanguageNeuronsError && !isReadFailure(error)) return undefined;
        throw error;
    }
}
