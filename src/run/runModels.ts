import { join } from 'node:path';
import { checkVocabulary, modelHead } from '../engine/files/modelHead.js';
import { sameSites, type Site } from '../engine/types/Site.js';
import type { Comparison } from '../experiments/results/Comparison.js';
import { writeComparison } from '../experiments/resultFiles/comparisonFile.js';
import { matrixTable } from '../experiments/resultFiles/matrixTable.js';
import { type CsvTable, toCsv } from '../files/csv.js';
import { checkInFolder, writeFileAtomic } from '../files/fileAccess.js';
import { reportOn } from '../report/reportOn.js';
import { inParts, silent } from '../support/progress.js';
import { tryModel } from './checkAhead.js';
import { compareExamined } from './compareExamined.js';
import { engineOptionsOf, examine, type ExaminedModel, type ExamineOptions, stepsOfOne } from './examineModel.js';
import type { ModelConfig, RunConfig } from './RunConfig.js';

/** Several models that went the same way. */
export interface ExaminedModels {
    /** By their names, in the order of the file. */
    readonly models: Readonly<Record<string, ExaminedModel>>;
    /** Each with the first; absent where they have not the same layers. */
    readonly comparison?: Comparison;
}

/** The way of each model, by its name: a run folder of its own in `out`. */
function modelConfigs({ models = {}, title, ...config }: RunConfig): Record<string, ModelConfig> {
    return Object.fromEntries(
        Object.entries(models).map(([name, one]) => {
            const { model, loras } = typeof one === 'string' ? { model: one } : one;
            const its = title === undefined ? name : `${title}: ${name}`;
            return [name, { ...config, model, loras, title: its, out: join(config.out, name) }];
        }),
    );
}

/** The long steps of all, in order. */
export function modelsSteps(config: RunConfig): string[] {
    const ofEach = Object.entries(modelConfigs(config)).map(([name, one]) =>
        stepsOfOne(one).map((step) => `${step}, ${name}`),
    );
    return [...ofEach.flat(), 'compare', 'report'];
}

/**
 * Examines one model after another, and compares them: neuron by neuron where their layers are the same, and language
 * by language in `models.csv`.
 * @throws LanguageNeuronsError as the steps; before the long work for a model that cannot be opened
 */
export async function runModels(config: RunConfig, options: ExamineOptions): Promise<ExaminedModels> {
    const { progress = silent, signal, excel, nextStep } = options;
    const configs = modelConfigs(config);
    const sites: (readonly Site[])[] = [];
    const reference = config.reference === undefined ? undefined : await modelHead(config.reference, options);
    for (const one of Object.values(configs)) {
        await checkInFolder(one.out);
        if (reference !== undefined) checkVocabulary(await modelHead(one.model, options), reference);
        sites.push(await tryModel(one, { ...engineOptionsOf(one), signal, progress }));
    }
    const progresses = inParts(progress, Array<number>(sites.length).fill(1));
    const models: Record<string, ExaminedModel> = {};
    for (const [i, [name, one]] of Object.entries(configs).entries()) {
        const examined = await examine(one, { ...options, progress: progresses[i]! });
        models[name] = { ...examined, report: await reportOn(one.out, { title: one.title, notes: one.notes, excel }) };
    }
    nextStep();
    await writeFileAtomic(join(config.out, 'models.csv'), toCsv(modelsTable(models), { excel }));
    const alike = sites.every((one) => sameSites(one, sites[0]!));
    if (!alike) progress.note('the models have not the same layers: neurons are not compared one by one');
    const comparison = alike ? await compareExamined(models) : undefined;
    if (comparison !== undefined) await writeComparison(config.out, comparison);
    nextStep();
    if (comparison === undefined) return { models };
    const { title, notes, out } = config;
    await reportOn(Object.values(configs).at(-1)!.out, { title, notes, out, excel });
    return { models, comparison };
}

/** A line for each model, metric, set and language: the numbers of its neurons, and its own cell of the matrix. */
function modelsTable(models: Readonly<Record<string, ExaminedModel>>): CsvTable {
    const tables = Object.entries(models).flatMap(([name, { analysis, matrices }]) =>
        matrices.map((matrix) => {
            const { columns, rows } = matrixTable(matrix);
            const [row, column] = [columns.indexOf('row'), columns.indexOf('column')];
            const own = rows.filter((cells) => cells[row] === cells[column]);
            return {
                columns: ['model', 'metric', 'specific', 'related', ...columns],
                rows: own.map((cells) => {
                    const { specific, related } = analysis.perLanguage[String(cells[row])]!;
                    return [name, matrix.metric, specific, related, ...cells];
                }),
            };
        }),
    );
    // Metrics have columns of their own behind those that all have.
    const columns = [...new Set(tables.flatMap((table) => table.columns))];
    const placed = ({ columns: own, rows }: CsvTable): CsvTable['rows'] =>
        rows.map((cells) => columns.map((column) => cells[own.indexOf(column)] ?? null));
    return { columns, rows: tables.flatMap(placed) };
}
