import { join } from 'node:path';
import { LanguageNeuronsError } from '../../errors.js';
import { compact, readJsonIfAny, writeJson } from '../../files/versionedJson.js';
import { analysisShape, type NeuronAnalysis } from './NeuronAnalysis.js';

const neuronsFormat = {
    format: 'language-neurons/neurons',
    version: 1,
    what: 'an analysis',
    shape: analysisShape,
} as const;

/** Path of the analysis in a run folder. */
export function neuronsPath(folder: string): string {
    return join(folder, 'neurons.json');
}

/**
 * Writes `neurons.json`: one line a property, one a language's neurons, so that it can be read and
 * compared.
 * @throws LanguageNeuronsError UNWRITABLE
 */
export async function writeNeurons(path: string, analysis: NeuronAnalysis): Promise<void> {
    await writeJson(path, neuronsFormat, analysis, layout);
}

function layout(document: object): string {
    const { neurons, ...head } = document as NeuronAnalysis;
    const { specific, related, general } = neurons;
    const lists = linesOf(2, [
        ['specific', linesOf(3, texts(specific))],
        ['related', linesOf(3, texts(related))],
        ['general', compact(general)],
    ]);
    return linesOf(1, [...texts(head), ['neurons', lists]]);
}

function texts(object: object): (readonly [key: string, json: string])[] {
    return Object.entries(object).map(([key, value]) => [key, compact(value)] as const);
}

/** An object of JSON, a property a line. */
function linesOf(depth: number, entries: readonly (readonly [key: string, json: string])[]): string {
    const lines = entries.map(([key, json]) => `${' '.repeat(depth)}${JSON.stringify(key)}: ${json}`);
    return `{\n${lines.join(',\n')}\n${' '.repeat(depth - 1)}}`;
}

/** @throws LanguageNeuronsError NOT_FOUND, or DAMAGED saying what is wrong */
export async function readNeurons(path: string): Promise<NeuronAnalysis> {
    const analysis = await readJsonIfAny(path, neuronsFormat, 'run identify again');
    if (analysis === undefined)
        throw new LanguageNeuronsError('NOT_FOUND', `${path}: no such file; run identify first`);
    return analysis;
}
