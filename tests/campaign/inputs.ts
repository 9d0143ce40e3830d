import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
    embeddedCollectTexts,
    embeddedEvaluateTexts,
    embeddedModel,
    embeddedProblems,
} from '../../src/run/embeddedRun.js';

const languages = ['en', 'de', 'fr'] as const;

/** Shares of the embedded data in three languages. */
export interface InputSizes {
    /** Lines of text to count, and to score. */
    readonly texts: number;
    readonly evaluate: number;
    readonly questions: number;
}

/**
 * Writes `texts/`, `evaluate/`, `questions/` and `run.yaml` into a folder. The configuration names its data relative to
 * itself, so that the folder may lie anywhere.
 * @param model of `run.yaml`
 */
export function writeInputs(
    folder: string,
    { texts, evaluate, questions }: InputSizes,
    model: string = embeddedModel,
): void {
    const firstLines = (path: string, count: number): string =>
        `${readFileSync(path, 'utf8').split('\n').slice(0, count).join('\n')}\n`;
    for (const name of ['texts', 'evaluate', 'questions']) mkdirSync(join(folder, name), { recursive: true });
    for (const language of languages) {
        writeFileSync(
            join(folder, 'texts', `${language}.txt`),
            firstLines(join(embeddedCollectTexts, `${language}.txt`), texts),
        );
        writeFileSync(
            join(folder, 'evaluate', `${language}.txt`),
            firstLines(join(embeddedEvaluateTexts, `${language}.txt`), evaluate),
        );
        writeFileSync(
            join(folder, 'questions', `mgsm_${language}.tsv`),
            firstLines(join(embeddedProblems, `mgsm_${language}.tsv`), questions),
        );
    }
    writeFileSync(
        join(folder, 'run.yaml'),
        `
model: ${model}
gpu: 'off'
threads: 1
data: ./texts
evaluation: ./evaluate
folds: 2
topRate: 0.2
bar: 0.98
sets: [specific]
controls: 1
accuracy: { questions: ./questions, template: chat, limit: 1, maxTokens: 16, contextSize: 2048 }
out: ./run
`,
    );
}

/** Options of every command that opens a model. */
export const argumentsOf = (model: string): readonly string[] => ['--model', model, '--gpu', 'off', '--threads', '1'];
export const modelArguments = argumentsOf(embeddedModel);
