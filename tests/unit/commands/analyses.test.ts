import { fork } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { beforeAll, expect, it } from 'vitest';
import type { Comparison } from '../../../src/experiments/results/Comparison.js';
import type { NeuronAnalysis } from '../../../src/neurons/analysis/NeuronAnalysis.js';
import { cli, type CliResult } from '../../helpers/cli.js';
import { commandHere } from '../../helpers/commandHere.js';
import { runCommand } from '../../helpers/runCommand.js';
import { countsFile } from '../../helpers/torchFiles.js';
import { temporaryFolder } from '../../helpers/temporaryFolder.js';

const folder = temporaryFolder();
const at = (...parts: string[]): string => join(folder, ...parts);
const languages = ['en', 'zh', 'de'];
const shape = [6, 40] as const;

/** Counts in which neuron j of each layer prefers language j mod 4 (3: all of them), more so with `step`. */
function publish(name: string, step: number): void {
    mkdirSync(at(name));
    for (const [k, language] of languages.entries()) {
        const counts = Array.from({ length: shape[0] * shape[1] }, (_, n) => {
            const [layer, j] = [Math.floor(n / shape[1]), n % shape[1]];
            const prefers = j % 4 === 3 || (j + (j < 4 * step ? 1 : 0)) % 4 === k;
            return prefers && j < 8 + 4 * layer ? 900 - j : 30 + j + layer;
        });
        writeFileSync(at(name, `activation.${language}.pt`), countsFile(shape, counts, 1000));
    }
}

const identify = (name: string) => runCommand('identify', at('runs', name), '--top-rate', '0.2', '--bar', '0.8');

/** Begun before the other tests, which run while it waits. */
let held: ReturnType<typeof whileHeld>;
beforeAll(async () => {
    for (const [name, step] of [
        ['base', 0],
        ['middle', 1],
        ['aligned', 2],
    ] as const) {
        publish(name, step);
        const imported = await runCommand('import', at(name), '--out', at('runs', name));
        expect(imported.json).toMatchObject({
            languages: ['en', 'de', 'zh'],
            layers: 6,
            neurons: 240,
            tokens: { en: 1000, de: 1000, zh: 1000 },
        });
        await identify(name);
    }
    cpSync(at('runs', 'base'), at('runs', 'held'), { recursive: true });
    held = whileHeld(at('runs', 'held'));
});

/** What `report` and `identify` answer where another process works in the folder: `identify` waits 5 s for it. */
async function whileHeld(dir: string): Promise<{ readonly report: CliResult; readonly refused: CliResult }> {
    const hold = at('hold.mjs');
    writeFileSync(
        hold,
        `import { withFolder } from ${JSON.stringify(resolve('dist/files/folderLock.js'))};
const held = () => new Promise((end) => process.once('message', end).send('held'));
await withFolder(process.argv[2], 'deactivate', held);`,
    );
    const child = fork(hold, [dir], { stdio: 'ignore' });
    await new Promise((held, failed) => child.once('message', held).once('exit', failed));
    const [report, refused] = await Promise.all([cli('report', dir, '--json'), cli('identify', dir)]);
    await new Promise((ended) => child.once('exit', ended).kill());
    return { report, refused };
}

it('identify answers the documented JSON, by either method', async () => {
    for (const method of ['paper', 'lape']) {
        const { stdout } = await commandHere(
            'identify',
            at('runs', 'base'),
            '--method',
            method,
            '--top-rate',
            '0.2',
            '--bar',
            '0.8',
            '--json',
        );
        const analysis = JSON.parse(stdout) as NeuronAnalysis;
        expect(analysis).toMatchObject({
            method,
            languages: ['en', 'de', 'zh'],
            topRate: 0.2,
            bar: 0.8,
            lambda: method === 'lape' ? null : expect.any(Number),
        });
        for (const key of ['threshold', 'selected', 'general', 'milliseconds'] as const)
            expect(analysis[key], key).toEqual(expect.any(Number));
        expect(analysis.histogram).toHaveLength(4);
        expect(analysis.histogramAll.reduce((sum, count) => sum + count)).toBe(240);
        expect(Object.keys(analysis.perLanguage)).toEqual(['en', 'de', 'zh']);
        expect(analysis.perLanguage.en).toEqual({
            specific: expect.any(Number),
            related: expect.any(Number),
            total: expect.any(Number),
        });
        expect(analysis.layers).toHaveLength(6);
        expect(analysis.stages).toMatchObject({ seen: expect.any(Boolean), rule: expect.stringContaining('stages') });
        expect(analysis).not.toHaveProperty('neurons');
    }
    await identify('base');
});

it('compare writes comparison.json and a report that shows it', async () => {
    const { code, stdout, stderr } = await commandHere(
        'compare',
        at('runs', 'base'),
        at('runs', 'aligned'),
        '--trained',
        'zh,de',
        '--json',
    );
    expect(code, stderr).toBe(0);
    const comparison = JSON.parse(stdout) as Comparison;
    expect(comparison.analyses.map(({ label }) => label)).toEqual(['base', 'aligned']);
    expect(comparison.changes[0]!.groups.trained!.languages).toEqual(['de', 'zh']);
    expect(comparison.changes[0]!.transitions.specific.specific).toBeGreaterThan(0);
    expect(JSON.parse(readFileSync(at('runs', 'aligned', 'comparison.json'), 'utf8'))).toEqual({
        format: 'language-neurons/comparison',
        version: 1,
        ...comparison,
    });
    expect(readFileSync(at('runs', 'aligned', 'report.html'), 'utf8')).toContain('id="comparison-layers"');
    expect(existsSync(at('runs', 'base', 'report.html'))).toBe(false);
    expect(readFileSync(at('runs', 'aligned', 'tables', 'comparison-classes.csv'), 'utf8')).toContain('aligned');
});

it('compare takes a series, and another folder', async () => {
    const { text } = await runCommand(
        'compare',
        at('runs', 'base'),
        at('runs', 'middle', 'neurons.json'),
        at('runs', 'aligned'),
        '--out',
        at('series'),
    );
    expect(text).toContain('base → neurons.json');
    expect(text).toContain('base → aligned');
    expect(readFileSync(at('series', 'report.html'), 'utf8')).toContain('id="series"');
});

it('a comparison of other neurons is not shown', async () => {
    await runCommand('identify', at('runs', 'aligned'), '--top-rate', '0.1', '--bar', '0.8');
    const { said } = await runCommand('report', at('runs', 'aligned'));
    expect(said.join('\n')).toContain(
        'comparison.json was made with other neurons than those of neurons.json and is left out; run compare again',
    );
    const page = readFileSync(at('runs', 'aligned', 'report.html'), 'utf8');
    expect(page).toContain('run compare again');
    expect(page).not.toContain('id="comparison-layers"');
});

it.each([
    {
        what: 'settings that differ',
        args: () => ['compare', at('runs', 'base'), at('runs', 'aligned')],
        code: 'MISMATCH',
        says: 'top rate',
    },
    {
        what: 'no analysis',
        args: () => ['compare', at('runs', 'base'), at('base')],
        code: 'NOT_FOUND',
        says: 'run identify first',
    },
    {
        what: 'an unknown trained language',
        args: () => ['compare', at('runs', 'base'), at('runs', 'middle'), '--trained', 'xx'],
        code: 'WRONG_USE',
        says: 'xx',
    },
    {
        what: 'no published counts',
        args: () => ['import', at('runs'), '--out', at('x')],
        code: 'NOT_FOUND',
        says: 'activation.LL.pt',
    },
])('with $what ends in one line', async ({ args, code, says }) => {
    const message = expect.stringMatching(new RegExp(`^[^\\n]*${says}[^\\n]*$`)) as string;
    await expect(runCommand(...args())).rejects.toMatchObject({ code, message });
});

it('report shows what is finished while another process works in the folder, and says so', async () => {
    const dir = at('runs', 'held');
    const {
        report: { code, stdout, stderr },
        refused,
    } = await held;
    expect(code, stderr).toBe(0);
    const warning = 'deactivate works in the folder: what it has not finished is not in this report';
    expect((JSON.parse(stdout) as { warnings: string[] }).warnings).toEqual([expect.stringContaining(warning)]);
    expect(readFileSync(join(dir, 'report.html'), 'utf8')).toContain(warning);
    expect(refused.code).toBe(1);
    expect(refused.stderr).toContain('works on it (deactivate');
    expect((await runCommand('report', dir)).json).toMatchObject({ warnings: [] });
});

it('identify says why it finds nothing, in words, in JSON and in the report', async () => {
    // Of a bar this high nothing selective is above τ.
    const found = await commandHere('identify', at('runs', 'base'), '--bar', '0.999', '--top-rate', '0.01', '--json');
    expect(found.code, found.stderr).toBe(0);
    const { notes, histogram, selected } = JSON.parse(found.stdout) as NeuronAnalysis & { notes: string[] };
    expect(histogram[0]).toBe(selected);
    expect(notes).toEqual([expect.stringContaining('No neuron is in a class')]);
    expect(found.stderr).toContain(notes[0]!);
    await runCommand('report', at('runs', 'base'));
    expect(readFileSync(at('runs', 'base', 'report.html'), 'utf8')).toContain('No neuron is in a class');
    const ordinary = await runCommand('identify', at('runs', 'base'), '--top-rate', '0.1');
    expect(ordinary.json).toMatchObject({ notes: [] });
});
