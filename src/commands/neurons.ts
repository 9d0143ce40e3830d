import { readActivations } from '../activations/activationsFile.js';
import { effectsOf } from '../effects/effectsFile.js';
import { withEffects } from '../effects/withEffects.js';
import { examplesOf, withExamples } from '../examples/withExamples.js';
import { languageAmong } from '../languages/languageAmong.js';
import { chooseNeurons } from '../neurons/sets/chooseNeurons.js';
import { type LanguageOverlap, languageOverlap } from '../neurons/analysis/languageOverlap.js';
import { checkTablePath, writeNeuronTable } from '../neurons/tables/neuronFiles.js';
import { type NeuronRow, neuronRow } from '../neurons/tables/neuronRows.js';
import { neuronsPath, readNeurons } from '../neurons/analysis/neuronsFile.js';
import { neuronTable } from '../neurons/tables/neuronTable.js';
import { pick } from '../settings/pick.js';
import { neuronsTable } from '../settings/settings.js';
import { formatQuantity, formatShare } from '../support/format.js';
import { type AlignedColumn, alignedTable } from './words/alignedTable.js';
import type { CommandOf } from './arguments/CommandDeclaration.js';
import type { neuronsDeclaration } from './arguments/declarations.js';

/** Rows that the terminal shows unless it is told how many. */
const shownRows = 40;

/** `neurons`: all or chosen neurons of a run folder, a row each, on stdout or in a file. */
export const neuronsCommand: CommandOf<typeof neuronsDeclaration> = async (args, { say }) => {
    const { dir, out, excel, overlap: asksOverlap } = args;
    if (out !== undefined) checkTablePath(out);
    const analysis = await readNeurons(neuronsPath(dir));
    const overlap = languageOverlap(analysis);
    if (asksOverlap) return { json: overlap, text: describeOverlap(overlap) };
    const effects = await effectsOf(dir, analysis);
    const examples = await examplesOf(dir, analysis);
    const table = withExamples(withEffects(neuronTable(await readActivations(dir), analysis), effects), examples);
    const rows = chooseNeurons(table, pick(args, neuronsTable));
    if (out !== undefined) {
        await writeNeuronTable(out, table, rows, { excel });
        const json = { out, neurons: rows.length };
        return { json, text: `${formatQuantity(rows.length, 'neuron')} in ${out}` };
    }
    const shown = args.json ? rows : rows.subarray(0, args.limit ?? shownRows);
    const neurons = Array.from(shown, (row) => neuronRow(table, row));
    const left = rows.length - shown.length;
    if (left > 0) say(`${formatQuantity(left, 'more neuron')}: show more with --limit, or write all with --out x.csv`);
    return { json: { languages: table.languages, neurons }, text: describeNeurons(neurons, args.language) };
};

interface Shown extends AlignedColumn {
    readonly of: (row: NeuronRow) => string;
}

function describeNeurons(rows: readonly NeuronRow[], language: string | undefined): string {
    if (rows.length === 0) return 'no neuron passes the filters';
    const share = (value: number | null | undefined): string => (value == null ? '' : formatShare(value));
    const largest = ({ probability }: NeuronRow): [string, number | null] =>
        Object.entries(probability).reduce((most, one) => ((one[1] ?? -1) > (most[1] ?? -1) ? one : most));
    const columns: Shown[] = [
        { heading: 'neuron', of: ({ neuron }) => neuron },
        { heading: 'class', of: (row) => row.class ?? '' },
        { heading: 'languages', elastic: true, of: ({ languages }) => languages.join(' ') },
        { heading: 'N', right: true, of: ({ N }) => String(N) },
        { heading: 'score', right: true, of: ({ score }) => score?.toFixed(4) ?? '' },
        ...(rows.some(({ stability }) => stability !== undefined)
            ? [{ heading: 'stability', right: true, of: ({ stability }: NeuronRow) => share(stability) }]
            : []),
        {
            heading: 'most active',
            right: true,
            elastic: true,
            of: (row) => {
                const [name, value] = largest(row);
                return `${name} ${share(value)}`;
            },
        },
        ...(language === undefined
            ? []
            : [
                  {
                      heading: language,
                      right: true,
                      of: ({ probability }: NeuronRow) =>
                          share(probability[languageAmong(language, Object.keys(probability)) ?? language]),
                  },
              ]),
    ];
    for (const [heading, tokens] of [['most active for', 'strongest'] as const, ['raises', 'raised'] as const]) {
        if (rows.every((row) => row[tokens] == null)) continue;
        columns.push({ heading, elastic: true, of: (row) => row[tokens]?.slice(0, 3).join('  ') ?? '' });
    }
    const cells = rows.map((row) => columns.map(({ of }) => of(row)));
    return alignedTable(columns, cells);
}

/** Pairs of languages that share neurons, the greatest overlap first. */
function describeOverlap({ languages, shared, jaccard }: LanguageOverlap): string {
    const pairs = languages.flatMap((a, i) =>
        languages.slice(i + 1).map((b, j) => ({ a, b, both: shared[i]![i + 1 + j]!, of: jaccard[i]![i + 1 + j] ?? 0 })),
    );
    const overlapping = pairs.filter(({ both }) => both > 0).sort((x, y) => y.of - x.of);
    if (overlapping.length === 0) return 'no two languages share a neuron';
    const columns = [
        { heading: 'language', elastic: true },
        { heading: 'language', elastic: true },
        { heading: 'shared', right: true },
        { heading: 'Jaccard', right: true },
    ];
    const cells = overlapping.map(({ a, b, both, of }) => [a, b, String(both), of.toFixed(3)]);
    return alignedTable(columns, cells);
}
