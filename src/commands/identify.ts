import { join } from 'node:path';
import { readActivations, readActivationsSource } from '../activations/activationsFile.js';
import { withFolder } from '../files/folderLock.js';
import { analysisNotes } from '../neurons/analysisNotes.js';
import { identify } from '../neurons/identify.js';
import { writeNeurons } from '../neurons/neuronsFile.js';
import type { ClassStability, NeuronAnalysis, Stability } from '../neurons/NeuronAnalysis.js';
import { pick } from '../settings/pick.js';
import { identifyTable } from '../settings/settings.js';
import type { CommandArguments, CommandContext, CommandResult } from './CommandDeclaration.js';
import type { identifyDeclaration } from './declarations.js';

/** `identify`: scores and classifies the neurons of DIR/activations.safetensors into DIR/neurons.json. */
export async function identifyCommand(
    args: CommandArguments<typeof identifyDeclaration>,
    { say, named }: CommandContext,
): Promise<CommandResult> {
    const { dir } = args;
    await readActivationsSource(dir); // refuses wrong files before anything is locked or made
    const analysis = await withFolder(dir, 'identify', async () => {
        const found = identify(await readActivations(dir), pick(args, identifyTable));
        await writeNeurons(join(dir, 'neurons.json'), found);
        return found;
    });
    const notes = analysisNotes(analysis).map(named);
    for (const note of notes) say(note);
    const { neurons: _, ...json } = analysis;
    return { json: { ...json, notes }, text: describeAnalysis(analysis) };
}

/** A few lines for people. */
export function describeAnalysis(analysis: NeuronAnalysis): string {
    const { selected, widths, experts, lambda, threshold, general, perLanguage, stages, stability } = analysis;
    const all = widths.reduce((sum, width) => sum + width, 0);
    const weight = lambda === null ? 'LAPE' : `λ = ${lambda}`;
    const places = stages.stages.map(({ name, first, last }) => `${name}, layers ${first} to ${last}`).join('; ');
    return [
        `${selected} of ${all} neurons selected (${weight}, τ = ${threshold.toFixed(4)}); ${general} general`,
        ...(experts === undefined
            ? []
            : [
                  `${experts.notAssessed} not assessed: fewer than ${experts.minRouted} tokens of some ` +
                      'language went through their expert',
              ]),
        ...Object.entries(perLanguage).map(
            ([language, n]) =>
                `${language}  ${n.specific} specific, ${n.related} related${intervalOf(stability, language)}`,
        ),
        stages.seen
            ? `stages (confidence ${(Math.floor(stages.confidence * 1000) / 10).toFixed(1)} %): ${places}`
            : `the four stages are not seen in this model: ${stages.reason ?? ''}`,
        ...(stability === undefined
            ? []
            : [
                  `with one of ${stability.folds} folds left out ${shares(stability, 'kept')} keep their ` +
                      `class; halves overlap by ${shares(stability, 'overlap')}`,
              ]),
    ].join('\n');
}

function intervalOf(stability: Stability | undefined, language: string): string {
    const interval = stability?.intervals.perLanguage[language]?.total;
    return interval === undefined ? '' : ` (${interval.map((bound) => bound.toFixed(0)).join(' to ')} together, 95 %)`;
}

function shares({ classes }: Stability, measure: keyof ClassStability): string {
    return Object.entries(classes)
        .map(
            ([kind, values]) =>
                `${values[measure] === null ? 'n/a' : `${(values[measure] * 100).toFixed(0)} %`} of ${kind}`,
        )
        .join(', ');
}
