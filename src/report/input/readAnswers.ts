import { isDeepStrictEqual } from 'node:util';
import { differingSettings } from '../../experiments/comparisons/compareMetrics.js';
import { answersJournal } from '../../experiments/answerMetrics/questionAnswers.js';
import type { DeactivationMatrix } from '../../experiments/results/DeactivationMatrix.js';
import { metricOf } from '../../experiments/registry/metrics.js';
import { questionTexts } from '../../experiments/givenAnswers/questionTexts.js';
import { resultName } from '../../experiments/resultFiles/resultPaths.js';
import { readSaidAnswers, type SaidAnswers } from '../../experiments/givenAnswers/saidAnswers.js';
import { isAbsence } from '../../files/fileAccess.js';
import type { NeuronAnalysis } from '../../neurons/analysis/NeuronAnalysis.js';
import type { Question } from '../../questions/sources/Questions.js';

/** What the model says, and the questions where they are at hand. */
export interface ReportAnswers extends SaidAnswers {
    readonly questions: readonly Question[] | undefined;
}

/** What answers of a run folder are shown, and a warning on each matrix of answers whose answers are not. */
interface FoundAnswers {
    readonly answers: readonly ReportAnswers[];
    readonly warnings: readonly string[];
}

/**
 * The answers behind a run folder's matrices of answers, of deactivation and of other operations. Where metrics judge
 * the same answers, those of the first alone.
 */
export async function readAnswers(
    folder: string,
    matrices: readonly DeactivationMatrix[],
    analysis: NeuronAnalysis,
): Promise<FoundAnswers> {
    const answers: ReportAnswers[] = [];
    const warnings: string[] = [];
    const shown: DeactivationMatrix[] = [];
    for (const matrix of matrices.filter(isOfAnswers)) {
        if (shown.some((earlier) => areOfSameAnswers(earlier, matrix))) continue;
        const name = `${resultName(matrix.metric, matrix.operation)}.json`;
        try {
            const said = await readSaidAnswers(folder, matrix, analysis);
            if (said === undefined)
                warnings.push(`${answersJournal.name} lacks the answers of ${name}, so none of them is shown.`);
            else {
                answers.push({ ...said, questions: await questionTexts(folder, matrix) });
                shown.push(matrix);
            }
        } catch (error) {
            if (!isAbsence(error)) throw error;
            warnings.push(`The answers of ${name} are not shown: ${(error as Error).message}.`);
        }
    }
    return { answers, warnings };
}

/** Whether two metrics were measured on the same questions, asked in the same way of the same states of the model. */
function areOfSameAnswers(a: DeactivationMatrix, b: DeactivationMatrix): boolean {
    const asked = ({ operation, languages, sets }: DeactivationMatrix): unknown => [
        operation,
        languages,
        Object.entries(sets).map(([name, { rows, columns }]) => [name, rows, columns]),
    ];
    return differingSettings(a, b).length === 0 && isDeepStrictEqual(asked(a), asked(b));
}

function isOfAnswers({ metric, sets }: DeactivationMatrix): boolean {
    const isJournalled = metricOf(metric).journal.name === answersJournal.name;
    return isJournalled && Object.values(sets).some(({ shares }) => shares !== undefined);
}
