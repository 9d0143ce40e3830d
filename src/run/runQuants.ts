import { join } from 'node:path';
import { checkFolds } from '../activations/collect.js';
import { surveyCorpus } from '../activations/surveyCorpus.js';
import type { Corpus } from '../corpus/Corpus.js';
import { openCorpus } from '../data/openCorpus.js';
import type { EngineOptions } from '../engine/types/engineTypes.js';
import { resolveModel } from '../engine/files/resolveModel.js';
import { wrongUse } from '../errors.js';
import { checkQuantFiles, defaultFolds, quants } from '../quants/quants.js';
import { type Quants, quantsName } from '../quants/quantsFile.js';
import { writeQuantsPage } from '../report/quantsPage.js';
import { pick } from '../settings/pick.js';
import { identifyTable } from '../settings/settings.js';
import type { Work } from '../support/progress.js';
import type { RunConfig } from './RunConfig.js';
import type { RunInputs } from './workWeights.js';

/** What a run found of quantized files of its model. */
export interface QuantsOfRun extends Quants {
    /** Its page. */
    readonly page: string;
}

/** The step of `run` that compares quantized files, where it is asked for. */
export function quantsSteps({ quants: asked }: RunConfig): string[] {
    return asked === undefined ? [] : ['quants'];
}

/** @throws LanguageNeuronsError WRONG_USE for settings without files, or of a model with adapters */
export function checkQuantsConfig({ quants: asked, loras = [] }: RunConfig): void {
    if (asked === undefined) return;
    checkQuantFiles(asked);
    if (loras.length === 0) return;
    const mend = 'leave `quants` or `loras` out';
    throw wrongUse(`quants: files are compared with a model without adapters; ${mend}`);
}

/**
 * Refuses what would be refused after the long work.
 * @param texts that neurons are found on
 * @throws LanguageNeuronsError NOT_FOUND, naming the file; EMPTY for a language with fewer texts than folds
 */
export async function checkQuants(config: RunConfig, texts: Corpus, signal: AbortSignal | undefined): Promise<void> {
    if (config.quants === undefined) return;
    for (const file of config.quants.files ?? []) await resolveModel(file, { signal });
    checkFolds(await surveyCorpus(texts, signal), config.folds ?? defaultFolds);
}

interface QuantsOptions extends Work {
    /** How the reference is opened. */
    readonly model: EngineOptions;
    readonly inputs: RunInputs;
    readonly excel: boolean | undefined;
    readonly force: boolean | undefined;
}

/** Compares the files with the run's model, into the folder `quants` of the run folder. */
export async function runQuants(
    config: RunConfig,
    { model: engine, inputs: { texts: corpus, evaluation }, excel, ...shared }: QuantsOptions,
): Promise<QuantsOfRun> {
    const { files = [], ...asked } = config.quants!;
    const { signal, progress } = shared;
    const folder = join(config.out, quantsName);
    const imatrixTexts =
        asked.imatrix && (await openCorpus(config.data, { languages: asked.imatrix, signal, progress }));
    const found = await quants({
        ...{ engine, files, corpus, evaluation, imatrixTexts, folder, folds: config.folds },
        // Without folds the run's counts have no intervals, and the reference is counted once more.
        counted: config.folds === undefined ? undefined : config.out,
        ...{ ...asked, ...pick(config, identifyTable), ...shared },
    });
    const { html } = await writeQuantsPage(folder, found, { excel });
    return { ...found, page: html };
}
