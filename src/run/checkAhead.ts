import { join } from 'node:path';
import { Engine } from '../engine/Engine.js';
import type { EngineOptions } from '../engine/types/engineTypes.js';
import { sameSites, type Site } from '../engine/types/Site.js';
import { LanguageNeuronsError, wrongUse } from '../errors.js';
import { effectsName } from '../effects/effectsFile.js';
import { examplesName } from '../examples/examplesFile.js';
import { checkSets } from '../experiments/conditions/checkFit.js';
import { resultName } from '../experiments/resultFiles/resultPaths.js';
import { ensureWritableFolder } from '../files/fileAccess.js';
import { languageAmong } from '../languages/languageAmong.js';
import type { PromptTemplate } from '../questions/templates/PromptTemplate.js';
import { openTemplate } from '../questions/templates/promptTemplates.js';
import type { Questions } from '../questions/sources/Questions.js';
import { checkDetails } from './neuronDetails.js';
import type { RunConfig } from './RunConfig.js';

/**
 * Tries the template in each language.
 * @throws LanguageNeuronsError WRONG_USE where it has no words in one
 */
export async function checkPrompts(template: PromptTemplate, questions: Questions): Promise<void> {
    for (const language of questions.languages) {
        await template.write({ language, text: '?' });
        template.stops(language);
    }
}

/**
 * @param setting of the configuration that names languages, such as `aligned.trained`
 * @throws LanguageNeuronsError WRONG_USE for a language that it names and that is not examined
 */
export function checkNamed(setting: string, named: readonly string[] = [], languages: readonly string[]): void {
    const unknown = named.filter((language) => languageAmong(language, languages) === undefined);
    if (unknown.length === 0) return;
    const among = `the languages of the texts (${languages.join(', ')})`;
    throw wrongUse(`${setting}: ${unknown.join(', ')} missing from ${among}; correct the list`);
}

/**
 * Opens a model before the hours of work on another.
 * @returns its sites; see `checkComparable`
 * @throws LanguageNeuronsError as the engine, the template and its folder do; WRONG_USE, UNSUPPORTED for what it lacks
 */
export async function tryModel(config: RunConfig, options: EngineOptions): Promise<readonly Site[]> {
    await ensureWritableFolder(config.out);
    using engine = await Engine.open({ ...options, countOnly: true });
    if (config.accuracy?.template !== undefined) await openTemplate(config.accuracy.template, engine);
    await checkDetails(config, engine);
    for (const sets of [config.sets, config.accuracy?.sets]) checkSets(engine, sets);
    return engine.sites;
}

/** @throws LanguageNeuronsError MISMATCH for models that cannot be compared */
export function checkComparable({ path, sites }: Engine, others: readonly Site[] | undefined): void {
    if (others === undefined || sameSites(sites, others)) return;
    const mend = 'give as aligned.model a model that was trained from it';
    throw new LanguageNeuronsError('MISMATCH', `${path}: has other layers than aligned.model; ${mend}`);
}

/** The files of a run that come after its counts. @param measured names of metrics */
export function filesOf(folder: string, measured: readonly string[]): string[] {
    const matrices = measured.flatMap((metric) => ['json', 'csv'].map((ending) => `${resultName(metric)}.${ending}`));
    return ['neurons.json', examplesName, effectsName, ...matrices, 'run.json', 'comparison.json', 'report.html'].map(
        (name) => join(folder, name),
    );
}
