import { readActivations, readActivationsSource } from '../activations/activationsFile.js';
import { withFolder } from '../files/folderLock.js';
import { analysisNotes } from '../neurons/classes/analysisNotes.js';
import { identify } from '../neurons/classes/identify.js';
import { neuronsPath, writeNeurons } from '../neurons/analysis/neuronsFile.js';
import type { NeuronAnalysis, Stability } from '../neurons/analysis/NeuronAnalysis.js';
import { pick } from '../settings/pick.js';
import { identifyTable } from '../settings/settings.js';
import { sum } from '../support/averages.js';
import { alignedTable } from './words/alignedTable.js';
import type { CommandOf } from './arguments/CommandDeclaration.js';
import type { identifyDeclaration } from './arguments/declarations.js';

/** `identify`: scores and classifies the neurons of DIR/activations.safetensors into DIR/neurons.json. */
export const identifyCommand: CommandOf<typeof identifyDeclaration> = async (args, { say, named }) => {
    const { dir } = args;
    await readActivationsSource(dir); // refuses wrong files before anything is locked or made
    const analysis = await withFolder(dir, 'identify', async () => {
        const found = identify(await readActivations(dir), pick(args, identifyTable));
        await writeNeurons(neuronsPath(dir), found);
        return found;
    });
    const notes = analysisNotes(analysis).map(named);
    for (const note of notes) say(note);
    const { neurons: _, ...json } = analysis;
    return { json: { ...json, notes }, text: describeAnalysis(analysis) };
};

/** Tables for people. */
export function describeAnalysis(analysis: NeuronAnalysis): string {
    const { selected, widths, experts, lambda, threshold, general, stages, stability } = analysis;
    const all = sum(widths);
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
        languagesTable(analysis),
        stages.seen
            ? `stages (confidence ${(Math.floor(stages.confidence * 1000) / 10).toFixed(1)} %): ${places}`
            : `the four stages are not seen in this model: ${stages.reason ?? ''}`,
        ...(stability === undefined ? [] : [stabilityTable(stability)]),
    ].join('\n');
}

function languagesTable({ perLanguage, stability }: NeuronAnalysis): string {
    const numbers = ['specific', 'related', 'together'].map((heading) => ({ heading, right: true }));
    const intervals = stability === undefined ? [] : [{ heading: '95 %', right: true }];
    const rows = Object.entries(perLanguage).map(([language, { specific, related, total }]) => [
        ...[language, String(specific), String(related), String(total)],
        ...intervals.map(() => {
            const interval = stability?.intervals.perLanguage[language]?.total;
            return interval === undefined ? '' : interval.map((bound) => bound.toFixed(0)).join(' to ');
        }),
    ]);
    return alignedTable([{ heading: 'language' }, ...numbers, ...intervals], rows);
}

function stabilityTable({ folds, classes }: Stability): string {
    const measures = [
        { heading: `kept with one of ${folds} folds left out`, of: 'kept' },
        { heading: 'overlap of halves', of: 'overlap' },
    ] as const;
    const share = (value: number | null): string => (value === null ? 'n/a' : `${(value * 100).toFixed(0)} %`);
    return alignedTable(
        [{ heading: 'class' }, ...measures.map(({ heading }) => ({ heading, right: true }))],
        Object.entries(classes).map(([kind, values]) => [kind, ...measures.map(({ of }) => share(values[of]))]),
    );
}
