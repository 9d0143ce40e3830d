import { LanguageNeuronsError, wrongUse } from '../errors.js';
import { readValues } from '../activations/ActivationValues.js';
import { exportModel, type ExportResult } from '../export/exportModel.js';
import { exportVector } from '../export/exportVector.js';
import { scaleOf, type WeightEdit } from '../export/planEdits.js';
import { type NamedInterventions, readInterventions } from '../interventions/namedInterventions.js';
import { operationName } from '../interventions/operationText.js';
import type { NeuronAnalysis } from '../neurons/analysis/NeuronAnalysis.js';
import { parseFactors, parseShorthand } from '../interventions/shorthand.js';
import { neuronsPath, readNeurons } from '../neurons/analysis/neuronsFile.js';
import type { NeuronSetName } from '../neurons/sets/neuronSets.js';
import { neuronsOf } from '../neurons/sets/neuronsOf.js';
import type { CommandArguments, CommandContext, CommandOf, CommandResult } from './arguments/CommandDeclaration.js';
import type { exportDeclaration } from './arguments/declarations.js';

/** `export`: the model's file with the neurons of some languages switched off or scaled, or their control vector. */
export const exportCommand: CommandOf<typeof exportDeclaration> = async (args, context) => {
    return args.vector === undefined ? editedModel(args, context) : controlVector(args, args.vector, context);
};

type Arguments = CommandArguments<typeof exportDeclaration>;

async function editedModel(args: Arguments, context: CommandContext): Promise<CommandResult> {
    const { dir, model, out, force } = args;
    const editsOf = args.interventions === undefined ? askedFor(args) : await fromFile(args, args.interventions);
    const analysis = await readNeurons(neuronsPath(dir)); // cheap mistakes first
    const edits = editsOf(analysis);
    const { signal, progress } = context;
    const result = await exportModel({ model, analysis, edits, out, otherModel: force, signal, progress });
    return { json: { ...result, edits: edits.map(({ label, scale }) => ({ label, scale })) }, text: describe(result) };
}

async function controlVector(args: Arguments, vector: string, context: CommandContext): Promise<CommandResult> {
    const { dir, model, out, set, force, without, amplify, interventions } = args;
    if (without !== undefined || amplify !== undefined || interventions !== undefined) {
        const others = '--without, --amplify and --interventions';
        throw wrongUse(`--vector edits no model; leave ${others} out`);
    }
    const asked = parseFactors(vector, '--vector');
    const analysis = await readNeurons(neuronsPath(dir));
    const parts = asked.map(({ language, factor }) => {
        const { neurons, label } = editOf(analysis, language, set, factor);
        return { neurons, language, factor, label };
    });
    const values = await readValues(dir);
    const { signal, progress } = context;
    const result = await exportVector({ model, analysis, values, parts, out, otherModel: force, signal, progress });
    const { file, neurons, late, lengths } = result;
    const text = [
        `${neurons} neurons as what is added behind layers 1 to ${lengths.length}`,
        ...(late === 0 ? [] : [`; ${late} of them are of layer 0, behind which llama.cpp adds nothing`]),
        `\n${file}: for llama.cpp's --control-vector-scaled ${file}:1`,
    ].join('');
    return { json: { ...result, parts: parts.map(({ label, factor }) => ({ label, factor })) }, text };
}

type EditsOf = (analysis: NeuronAnalysis) => WeightEdit[];

/** The edits that `--without` and `--amplify` ask for. */
function askedFor(args: Arguments): EditsOf {
    const asked = parseShorthand({ ...args, where: 'both' });
    if (asked !== undefined)
        return (analysis) =>
            asked.languages.map(({ language, factor }) => editOf(analysis, language, args.set, factor));
    throw wrongUse('nothing to edit; give for example --without zh, --amplify de:2 or --vector de');
}

/** The edits of a file with one intervention. */
async function fromFile({ without, amplify }: Arguments, path: string): Promise<EditsOf> {
    if (without !== undefined || amplify !== undefined)
        throw wrongUse('--interventions: names all edits; leave --without and --amplify out');
    const [first, ...more] = (await readInterventions(path)) as [NamedInterventions, ...NamedInterventions[]];
    if (more.length > 0) throw wrongUse(`${path}: holds ${more.length + 1} interventions; give a file of one`);
    const scaled = first.interventions.map((one, i) => ({ one, i, scale: scaleOf(one) }));
    const other = scaled.find(({ scale }) => scale === undefined);
    if (other !== undefined) {
        const what = `intervention ${other.i + 1} of ${first.name} (${operationName(other.one)})`;
        const why = 'weights only scale activations, at every token; give zero or scale, without `where`';
        throw new LanguageNeuronsError('UNSUPPORTED', `${path}: ${what} cannot be exact: ${why}`);
    }
    return (analysis) =>
        scaled.map(({ one: { neurons }, scale }) =>
            'language' in neurons
                ? editOf(analysis, neurons.language, neurons.set ?? 'specific+related', scale!)
                : { neurons, scale: scale!, label: first.name },
        );
}

function editOf(analysis: NeuronAnalysis, language: string, set: NeuronSetName, scale: number): WeightEdit {
    if (set === 'experts' && analysis.experts === undefined) {
        throw wrongUse('--set experts: the model has no experts; choose another set');
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
