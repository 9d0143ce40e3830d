import type { Activations } from '../activations/Activations.js';
import { LanguageNeuronsError, wrongUse } from '../errors.js';
import { intervene, type InterveneOptions, type InterveneResult } from '../experiments/intervene.js';
import { resultName } from '../experiments/resultFiles/resultPaths.js';
import { deactivation, type Operation } from '../interventions/Operation.js';
import { operationName, parseOperations } from '../interventions/operationText.js';
import { needsValues } from '../interventions/resolveValue.js';
import { valuesFor } from '../interventions/valuesFor.js';
import { rankNeurons } from '../neurons/scores/rankNeurons.js';
import { pick } from '../settings/pick.js';
import { experimentTable } from '../settings/settings.js';
import { inParts, type WorkInSteps } from '../support/progress.js';
import type { RunConfig } from './RunConfig.js';
import { askedParts } from './settingIssues.js';

/** What a run measured under operations of its own choice: matrices, or dose curves, in the order of the file. */
export type Interventions = Pick<InterveneResult, 'matrices' | 'curves'>;

type Part = Exclude<NonNullable<RunConfig['intervene']>, boolean | readonly unknown[]>;

/** The steps of `run` that measure them, in order. */
export function interventionSteps(config: RunConfig): string[] {
    return partsOf(config).map((part) => `intervene: ${namesOf(operationsOf(part))}`);
}

/** @throws LanguageNeuronsError WRONG_USE for an operation that there is not, or that needs what the run lacks */
export function checkInterventionsConfig(config: RunConfig): void {
    const wrong = (why: string): LanguageNeuronsError => wrongUse(`intervene: ${why}`);
    for (const part of partsOf(config)) {
        const operations = operationsOf(part);
        if (needsValues(operations) && config.values !== true)
            throw wrong(`${namesOf(operations)} takes collected values; add \`values: true\` to the run`);
        if (part.dose !== undefined && part.sets !== undefined)
            throw wrong('`dose` takes neurons by rank, not by set; leave `sets` out');
        if (part.dose === undefined && (part.sets ?? config.sets)?.length === 0)
            throw wrong('the run has no sets; give `sets` to change here, or a `dose`');
    }
    const results = partsOf(config).flatMap((part) =>
        operationsOf(part).map(
            (operation) => ({ operation, kind: part.dose === undefined ? 'matrix' : 'dose' }) as const,
        ),
    );
    // The run itself sets neurons to 0.
    const measured = [{ operation: deactivation, kind: 'matrix' } as const, ...results].map(({ operation, kind }) => ({
        name: resultName('', operation, kind),
        words: `${kind === 'dose' ? 'doses' : 'sets'} by ${operationName(operation)}`,
    }));
    const twice = measured.find(({ name }, i) => measured.findIndex((other) => other.name === name) !== i);
    if (twice !== undefined)
        throw wrong(`${twice.words} would be measured twice, and the first result be lost; give them in one part`);
}

/** What each part measures: how many operations, on how many doses or which sets, beside how many controls. */
export function interventionSizes(config: RunConfig): {
    readonly operations: number;
    readonly doses: number | undefined;
    readonly settings: Pick<RunConfig, 'sets' | 'controls'>;
}[] {
    return partsOf(config).map((part) => ({
        operations: operationsOf(part).length,
        doses: part.dose?.length,
        settings: settingsOf(config, part),
    }));
}

interface MeasureOptions
    extends WorkInSteps, Pick<InterveneOptions, 'engine' | 'metric' | 'analysis' | 'folder' | 'excel'> {
    readonly activations: Activations;
}

/** Measures them into the run folder. */
export async function measureInterventions(
    config: RunConfig,
    { progress, nextStep, ...experiment }: MeasureOptions,
): Promise<Interventions> {
    const parts = partsOf(config);
    const progresses = inParts(progress, Array<number>(parts.length).fill(1));
    const results: Interventions[] = [];
    for (const [i, part] of parts.entries()) {
        nextStep();
        const { analysis, activations, folder } = experiment;
        const operations = operationsOf(part);
        const doses = part.dose && { shares: part.dose, ranking: rankNeurons(activations, analysis) };
        const values = await valuesFor(operations, folder);
        const settings = settingsOf(config, part);
        results.push(
            await intervene({ ...experiment, ...settings, operations, doses, values, progress: progresses[i]! }),
        );
    }
    return {
        matrices: results.flatMap(({ matrices }) => matrices),
        curves: results.flatMap(({ curves }) => curves),
    };
}

/** The settings of a part, those of the run where it has none; doses have no sets. */
function settingsOf(config: RunConfig, part: Part): Pick<RunConfig, keyof typeof experimentTable> {
    const { sets, ...others } = { ...pick(config, experimentTable), ...pick(part, experimentTable) };
    return part.dose === undefined ? { ...others, sets } : others;
}

function partsOf({ intervene }: RunConfig): readonly Part[] {
    return askedParts(intervene) as readonly Part[]; // each was checked to have its operations
}

function operationsOf({ op, strength, where }: Part): Operation[] {
    return parseOperations(op.join(','), { strength, where });
}

function namesOf(operations: readonly Operation[]): string {
    return operations.map(operationName).join(', ');
}
