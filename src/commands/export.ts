import { join } from 'node:path';
import { LanguageNeuronsError } from '../errors.js';
import { exportModel, type ExportResult } from '../export/exportModel.js';
import type { WeightEdit } from '../export/planEdits.js';
import type { NeuronAnalysis } from '../neurons/NeuronAnalysis.js';
import { parseShorthand } from '../interventions/shorthand.js';
import { readNeurons } from '../neurons/neuronsFile.js';
import type { NeuronSetName } from '../neurons/neuronSets.js';
import { neuronsOf } from '../neurons/neuronsOf.js';
import type { CommandArguments, CommandOf } from './CommandDeclaration.js';
import type { exportDeclaration } from './declarations.js';

/** `export`: the model's file with the neurons of some languages switched off or scaled. */
export const exportCommand: CommandOf<typeof exportDeclaration> = async (args, context) => {
    const { dir, model, out, set, force } = args;
    const asked = askedFor(args); // cheap mistakes first
    const analysis = await readNeurons(join(dir, 'neurons.json'));
    const edits = asked.map(([language, scale]) => editOf(analysis, language, set, scale));
    const { signal, progress } = context;
    const result = await exportModel({ model, analysis, edits, out, otherModel: force, signal, progress });
    return { json: { ...result, edits: edits.map(({ label, scale }) => ({ label, scale })) }, text: describe(result) };
};

/** Languages and what their neurons' activations are multiplied by. */
function askedFor(args: CommandArguments<typeof exportDeclaration>): [language: string, scale: number][] {
    const asked = parseShorthand({ ...args, where: 'both' });
    if (asked !== undefined) return asked.languages.map(({ language, factor }): [string, number] => [language, factor]);
    throw new LanguageNeuronsError('WRONG_USE', 'nothing to edit; give for example --without zh, or --amplify de:2');
}

function editOf(analysis: NeuronAnalysis, language: string, set: NeuronSetName, scale: number): WeightEdit {
    if (set === 'experts' && analysis.experts === undefined) {
        throw new LanguageNeuronsError('WRONG_USE', '--set experts: the model has no experts; choose another set');
    }
    return { neurons: neuronsOf(analysis, language, set), scale, label: `${language} ${set}` };
}

function describe({ files, zeroed, scaled, rows, bytes, rounding, seconds }: ExportResult): string {
    const what = [
        ...(zeroed > 0 ? [`${zeroed} neurons switched off`] : []),
        ...(scaled > 0 ? [`${scaled} neurons scaled`] : []),
    ].join(', ');
    const size = bytes < 1e9 ? `${(bytes / 1e6).toFixed(1)} MB` : `${(bytes / 1e9).toFixed(2)} GB`;
    const exact = rounding === 0 ? 'exactly' : `scales rounded by at most ${rounding.toExponential(1)}`;
    return [
        `${what} in ${rows} rows of weights, ${exact}`,
        `${files.join(', ')}: ${size} in ${seconds.toFixed(1)} s`,
    ].join('\n');
}
