import { join } from 'node:path';
import { openCorpus } from '../corpus/openCorpus.js';
import { Engine } from '../engine/Engine.js';
import { LanguageNeuronsError } from '../errors.js';
import { deactivate, neuronSetNames } from '../experiments/deactivate.js';
import type { DeactivationMatrix, NeuronSetName } from '../experiments/DeactivationMatrix.js';
import { readNeurons } from '../neurons/file.js';
import { type CommandContext, type CommandResult, type ModelArguments, engineOptions, parseLanguages } from './shared.js';

export interface DeactivateArguments extends ModelArguments {
    dir: string;
    data: string[];
    languages: string | undefined;
    metric: 'ppl';
    sets: string;
    seed: number;
}

/** `deactivate`: the perplexity matrix of each neuron set, beside its random control, into DIR. */
export async function deactivateCommand(args: DeactivateArguments, { signal, progress }: CommandContext): Promise<CommandResult> {
    const sets = parseSets(args.sets);
    const analysis = await readNeurons(join(args.dir, 'neurons.json'));
    const corpus = await openCorpus(args.data, { languages: parseLanguages(args.languages) ?? analysis.languages });
    const engine = await Engine.open(engineOptions(args));
    try {
        const matrix = await deactivate({ engine, analysis, corpus, sets, folder: args.dir, signal, progress, seed: args.seed });
        return { json: matrix, text: describeMatrix(matrix) };
    } finally {
        engine.close();
    }
}

/** @throws LanguageNeuronsError WRONG_USE */
export function parseSets(text: string): NeuronSetName[] {
    const names = text.split(',').map((name) => name.trim());
    return names.map((name) => {
        const found = neuronSetNames.find((known) => known === name);
        if (found === undefined) {
            throw new LanguageNeuronsError('WRONG_USE', `--sets: unknown set ${name}; choose from ${neuronSetNames.join(', ')}`);
        }
        return found;
    });
}

/** For each set and language: what its removal does to it, and what random neurons do. */
export function describeMatrix(matrix: DeactivationMatrix): string {
    const lines: string[] = [];
    for (const [name, set] of Object.entries(matrix.sets)) {
        lines.push(`${name}: perplexity of the own language, whole → deactivated (random control)`);
        for (const [r, language] of set.rows.entries()) {
            const c = set.columns.indexOf(language);
            const base = set.baseline[c]!;
            lines.push(
                `  ${language}  ${base.toFixed(2)} → ${set.values[r]![c]!.toFixed(2)} (${(base + set.control[r]![c]!).toFixed(2)}), ${set.neurons[r]!} neurons`,
            );
        }
    }
    return lines.join('\n');
}
