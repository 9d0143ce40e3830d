import { answersJournal } from '../experiments/accuracyAnswers.js';
import type { DeactivationMatrix } from '../experiments/DeactivationMatrix.js';
import { metricOf } from '../experiments/metrics.js';
import { questionTexts } from '../experiments/questionTexts.js';
import { resultName } from '../experiments/resultPaths.js';
import { readSaidAnswers, type SaidAnswers } from '../experiments/saidAnswers.js';
import { isDeactivation } from '../interventions/Operation.js';
import type { NeuronAnalysis } from '../neurons/NeuronAnalysis.js';
import type { Question } from '../questions/Questions.js';

/** What the model says, and the questions where they are at hand. */
export interface ReportAnswers extends SaidAnswers {
    readonly questions: readonly Question[] | undefined;
}

/** The answers behind a run folder's deactivation matrix of answers; a warning where its journals lack them. */
export async function readAnswers(
    folder: string,
    matrices: readonly DeactivationMatrix[],
    analysis: NeuronAnalysis,
): Promise<{ readonly answers?: ReportAnswers; readonly warning?: string }> {
    const matrix = matrices.find(
        ({ metric, operation, sets }) =>
            isDeactivation(operation) &&
            metricOf(metric).journal.name === answersJournal.name &&
            Object.values(sets).some(({ answers }) => answers !== undefined),
    );
    if (matrix === undefined) return {};
    const said = await readSaidAnswers(folder, matrix, analysis);
    if (said === undefined) {
        const name = resultName(matrix.metric, matrix.operation);
        return { warning: `${answersJournal.name} lacks the answers of ${name}.json, so none of them is shown.` };
    }
    return { answers: { ...said, questions: await questionTexts(folder, matrix) } };
}
