import { basename, join } from 'node:path';
import { LanguageNeuronsError } from '../../errors.js';
import { namesIfAny } from '../../files/fileAccess.js';
import { deactivation, type Operation } from '../../interventions/Operation.js';
import { operationInFiles } from '../../interventions/operationText.js';
import { knownMetrics } from '../registry/metrics.js';

/** The kinds of results of experiments. */
export type ResultKind = 'matrix' | 'dose';

/** The beginning of the names of a result's files, such as `ppl.matrix`, `ppl.scale-0.5.matrix`, `accuracy.dose`. */
export function resultName(metric: string, operation: Operation = deactivation, kind: ResultKind = 'matrix'): string {
    return [metric, operationInFiles(operation), kind].filter((part) => part !== undefined).join('.');
}

export function matrixPath(folder: string, metric: string, operation?: Operation): string {
    return join(folder, `${resultName(metric, operation, 'matrix')}.json`);
}

export function dosePath(folder: string, metric: string, operation?: Operation): string {
    return join(folder, `${resultName(metric, operation, 'dose')}.json`);
}

const named = /^([A-Za-z0-9-]+)(?:\.(.+))?\.(matrix|dose)\.(?:json|csv)$/;

/**
 * Checks that the name of a result's file agrees with its content.
 * @throws LanguageNeuronsError DAMAGED
 */
export function checkResultName(path: string, name: string, mend: string): void {
    if (basename(path) === `${name}.json`) return;
    throw new LanguageNeuronsError('DAMAGED', `${path}: holds the content of ${name}.json; ${mend}`);
}

/** The parts of the name of a result's file. */
export interface NamedResult {
    readonly metric: string;
    /** As files name it; undefined: deactivation. */
    readonly operation: string | undefined;
    readonly kind: ResultKind;
}

/** Reads the name of a file in a run folder; undefined unless it is a result of an experiment. */
export function resultOf(name: string): NamedResult | undefined {
    const [, metric, operation, kind] = named.exec(name) ?? [];
    if (metric === undefined) return undefined;
    return { metric, operation, kind: kind as ResultKind };
}

/** The order of results: metrics as listed, deactivation before other operations, a matrix before curves. */
export function compareResults(a: NamedResult, b: NamedResult): number {
    const names = knownMetrics().map(({ name }) => name);
    const place = ({ metric }: NamedResult): number => names.indexOf(metric);
    const compare = (x: string, y: string): number => (x < y ? -1 : Number(x > y));
    return place(a) - place(b) || compare(a.operation ?? '', b.operation ?? '') || compare(b.kind, a.kind);
}

/** Names, without ending, of the results of one kind and of known metrics that a folder holds, in their order. */
export async function resultsIn(folder: string, wanted: ResultKind): Promise<string[]> {
    return (await resultFiles(folder))
        .filter((name) => resultOf(name)!.kind === wanted && isKnown(name))
        .sort((a, b) => compareResults(resultOf(a)!, resultOf(b)!))
        .map((name) => name.slice(0, -'.json'.length));
}

/** A sentence on each result of a folder whose metric is not known, so that it is left out; see `registerMetric`. */
export async function unknownResults(folder: string): Promise<string[]> {
    const found = (await resultFiles(folder)).filter((name) => !isKnown(name)).sort();
    const mend = 'is not known and is left out; a script registers it with registerMetric';
    return found.map((name) => `the metric of ${name} ${mend}`);
}

function isKnown(name: string): boolean {
    return knownMetrics().some((metric) => metric.name === resultOf(name)!.metric);
}

async function resultFiles(folder: string): Promise<string[]> {
    return (await namesIfAny(folder)).filter((name) => name.endsWith('.json') && resultOf(name) !== undefined);
}
