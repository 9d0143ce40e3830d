import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { asyncBufferFromFile, parquetReadObjects } from 'hyparquet';
import { beforeAll, describe, expect, it } from 'vitest';
import { writeActivations } from '../../../src/activations/activationsFile.js';
import { examplesPath, writeExamples } from '../../../src/examples/examplesFile.js';
import { noExamples } from '../../../src/examples/NeuronExamples.js';
import { chooseNeurons } from '../../../src/neurons/sets/chooseNeurons.js';
import { analysisSites } from '../../../src/neurons/analysis/NeuronAnalysis.js';
import { type NeuronRow, neuronRow } from '../../../src/neurons/tables/neuronRows.js';
import { writeNeurons } from '../../../src/neurons/analysis/neuronsFile.js';
import { type NeuronTable, neuronTable } from '../../../src/neurons/tables/neuronTable.js';
import { cli } from '../../helpers/cli.js';
import { runCommand } from '../../helpers/runCommand.js';
import { someActivations, someAnalysis } from '../../helpers/exploredRun.js';
import { temporaryFolder } from '../../helpers/temporaryFolder.js';

const folder = temporaryFolder();
let table: NeuronTable;

beforeAll(async () => {
    const activations = someActivations();
    const analysis = someAnalysis(activations);
    await writeActivations(join(folder, 'activations.safetensors'), activations);
    await writeNeurons(join(folder, 'neurons.json'), analysis);
    table = neuronTable(activations, analysis);
});

type Filter = Parameters<typeof chooseNeurons>[1];

const rowsOf = (filter: Filter): NeuronRow[] =>
    Array.from(chooseNeurons(table, filter), (row) => neuronRow(table, row));

async function answered(...args: string[]): Promise<NeuronRow[]> {
    const { json } = await runCommand('neurons', folder, '--json', ...args);
    return (json as { neurons: NeuronRow[] }).neurons;
}

describe('neurons', () => {
    it.each<[args: string[], filter: Filter]>([
        [[], {}],
        [['--neurons', '0:7, 2:3:14,2:shared:5,0:7'], { neurons: ['0:7', '2:3:14', '2:shared:5'] }],
        [
            ['--neurons', '0:7,0:15', '--class', 'general,none'],
            { neurons: ['0:7', '0:15'], class: ['general', 'none'] },
        ],
        [['--language', 'German', '--and', 'en'], { language: 'de', and: ['en'] }],
        [['--class', 'general', '--layer', '2..'], { class: ['general'], layer: '2..' }],
        [['--language', 'zh', '--sort', 'score', '--limit', '5'], { language: 'zh', sort: 'score', limit: 5 }],
        [['--sort', 'count', '--limit', '3'], { sort: 'count', limit: 3 }],
    ])('%j are the rows that the library chooses', async (args, filter) => {
        expect(await answered(...args)).toEqual(rowsOf(filter));
    });

    it('shows names that lead back to the same neurons', async () => {
        const { text } = await runCommand('neurons', folder, '--layer', '2', '--limit', '6', '--sort', 'score');
        const names = text!
            .split('\n')
            .slice(1)
            .map((line) => line.trim().split(/\s+/)[0]!)
            .filter((name) => name !== '');
        expect(names).toEqual(rowsOf({ layer: '2', limit: 6, sort: 'score' }).map(({ neuron }) => neuron));
        const again = await answered('--neurons', names.join(), '--sort', 'score');
        expect(again.map(({ neuron }) => neuron)).toEqual(names);
    });

    it('shows forty rows, and how many more there are', async () => {
        const { stdout, stderr } = await cli('neurons', folder);
        expect(stdout.trimEnd().split('\n')).toHaveLength(1 + 40);
        expect(stderr).toContain(`${rowsOf({}).length - 40} more neurons: show more with --limit`);
        expect((await runCommand('neurons', folder, '--neurons', '0:1', '--class', 'specific')).text).toBe(
            'no neuron passes the filters',
        );
    });

    it('writes the same rows in every format', async () => {
        const expected = rowsOf({ language: 'zh', sort: 'score' });
        const write = async (ending: string, ...args: string[]): Promise<string> => {
            const path = join(folder, `zh.${ending}`);
            const { text } = await runCommand(
                ...['neurons', folder, '--language', 'zh', '--sort', 'score', '--out', path, ...args],
            );
            expect(text).toBe(`${expected.length} neurons in ${path}`);
            return path;
        };
        expect(JSON.parse(readFileSync(await write('json'), 'utf8'))).toEqual(expected);
        const file = await asyncBufferFromFile(await write('parquet'));
        const read = await parquetReadObjects({ file });
        expect(read.map(({ neuron }) => neuron as string)).toEqual(expected.map(({ neuron }) => neuron));
        expect(read.map((row) => row['probability zh'] as number)).toEqual(
            expected.map(({ probability }) => probability['zh']),
        );
        const csv = readFileSync(await write('csv', '--excel'), 'utf8');
        expect(csv.startsWith('\ufeffneuron,layer,site,kind,expert,index,class,')).toBe(true);
        const cells = csv.trimEnd().split('\n').slice(1);
        expect(cells.map((line) => line.split(',')[0])).toEqual(expected.map(({ neuron }) => neuron));
    });

    it.each([
        [['--neurons', '0:300'], 'layer 0 has neurons 0 to 299'],
        [['--neurons', '2:8:0'], 'layer 2 has experts 0 to 7'],
        [['--neurons', '2:0'], 'neurons of layer 2 are named 2:expert:index or 2:shared:index'],
        [['--class', 'specfic'], 'did you mean specific?'],
        [['--sort', 'size'], '--sort takes'],
        [['--limit', '0'], '--limit takes a whole number of at least 1'],
        [['--layer', '3..1'], '--layer takes a layer, such as 20'],
        [['--language', 'fr'], 'the analysis has no language fr'],
        [['--out', 'neurons.xlsx'], 'give a name that ends in .csv, .json or .parquet'],
    ])('%j is refused in one line', async (args, words) => {
        await expect(runCommand('neurons', folder, ...args)).rejects.toMatchObject({
            name: 'LanguageNeuronsError',
            message: expect.stringContaining(words) as string,
        });
        await expect(runCommand('neurons', folder, ...args)).rejects.not.toThrow('\n');
        expect(existsSync('neurons.xlsx')).toBe(false);
    });

    it('that are refused leave one line on stderr, and nothing on stdout', async () => {
        const { code, stdout, stderr } = await cli('neurons', folder, '--neurons', '0:300');
        expect(stderr.trimEnd().split('\n')).toHaveLength(1);
        expect([code, stdout]).toEqual([2, '']);
    });
});

describe('neurons of a folder with examples', () => {
    const other = temporaryFolder();
    const activations = someActivations();
    const analysis = someAnalysis(activations);
    const path = join(other, 'neurons.csv');

    async function writeStrongest(model: string): Promise<void> {
        const head = {
            ...{ languages: analysis.languages, sites: analysisSites(analysis), edges: [0, 1], seed: 1 },
            ...{ neurons: [[0, 7] as const], tokens: {}, kinds: {}, wordBeginnings: 0, key: 'k', done: {} },
            vocabulary: [' und', '\udce4\udcbd', ...Array.from({ length: 10 }, (_, i) => `t${i}`)],
            strongest: [[Array.from({ length: 12 }, (_, i) => i)]],
            source: { ...analysis.source, model: { ...analysis.source.model, fingerprint: model } },
        };
        await writeExamples(examplesPath(other), head, [noExamples]);
    }

    beforeAll(async () => {
        await writeActivations(join(other, 'activations.safetensors'), activations);
        await writeNeurons(join(other, 'neurons.json'), analysis);
    });

    it('have a column of their strongest tokens, on the terminal and in files', async () => {
        await writeStrongest(analysis.source.model.fingerprint);
        const strongest = ['▁und', '‹e4bd›', ...Array.from({ length: 8 }, (_, i) => `t${i}`)];
        const args = ['neurons', other, '--neurons', '0:7,0:15'];
        const { text, json } = await runCommand(...args);
        const lines = text!.split('\n');
        expect(lines[0]).toMatch(/most active for$/);
        expect(lines[1]).toMatch(/▁und {2}‹e4bd› {2}t0$/);
        expect((json as { neurons: NeuronRow[] }).neurons.map((row) => row.strongest)).toEqual([strongest, null]);
        await runCommand(...args, '--out', path);
        const [head, row] = readFileSync(path, 'utf8').split(/\r?\n/);
        expect(row!.split(',')[head!.split(',').indexOf('strongest tokens')]).toBe(strongest.join(' '));
        const parquet = join(other, 'neurons.parquet');
        await runCommand(...args, '--out', parquet);
        const rows = await parquetReadObjects({ file: await asyncBufferFromFile(parquet) });
        expect(rows.map((one) => one['strongest tokens'])).toEqual([strongest.join(' '), null]);
    });

    it('have none of another model', async () => {
        await writeStrongest('another model');
        expect((await runCommand('neurons', other, '--neurons', '0:7')).text).not.toContain('most active for');
    });
});
