import { check, chosenChecks } from '../checks/runChecks.js';
import type { CheckResult } from '../checks/CheckResult.js';
import { openCorpus } from '../data/openCorpus.js';
import { Engine } from '../engine/Engine.js';
import type { EngineOptions } from '../engine/types/engineTypes.js';
import { pick } from '../settings/pick.js';
import { checkTable } from '../settings/settings.js';
import type { WorkInSteps } from '../support/progress.js';
import type { RunConfig } from './RunConfig.js';
import { type AskedPart, askedParts } from './settingIssues.js';

type Part = AskedPart<RunConfig['check']>;

/** The steps of `run` that answer a sceptic, in order. */
export function checkSteps({ check: parts }: RunConfig): string[] {
    return askedParts(parts).map(({ names }) => (names === undefined ? 'check' : `check: ${names.join(', ')}`));
}

/** @throws LanguageNeuronsError WRONG_USE for a check that there is not */
export function checkChecksConfig({ check: parts }: RunConfig): void {
    for (const { names } of askedParts(parts)) chosenChecks(names, { model: true, data: true });
}

interface RunChecksOptions extends WorkInSteps {
    /** How the analysed model is opened. */
    readonly model: EngineOptions;
}

/** Does the checks of a run's file in its folder. @returns their results, in the order of the file */
export async function runChecks(
    config: RunConfig,
    { model, signal, progress, nextStep }: RunChecksOptions,
): Promise<CheckResult[]> {
    const { out } = config;
    const results: CheckResult[] = [];
    for (const part of askedParts(config.check)) {
        nextStep();
        const { names } = part;
        const found = await check(out, {
            ...{ ...pick(part, checkTable), names, signal, progress },
            engine: (options = {}) => Engine.open({ ...model, ...options, signal, progress }),
            corpus: ({ languages: called }) =>
                openCorpus(dataOf(config, part), { languages: part.languages ?? called, called, signal, progress }),
        });
        results.push(...found);
    }
    return results;
}

/** Texts that checks measure on. */
function dataOf({ data, evaluation = data }: RunConfig, part: Part): readonly string[] {
    return part.data ?? evaluation;
}
