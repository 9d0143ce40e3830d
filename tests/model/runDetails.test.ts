import { existsSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { readActivations } from '../../src/activations/activationsFile.js';
import { layerBars } from '../../src/commands/words/layerBars.js';
import { effectsPath, readEffectsIfAny } from '../../src/effects/effectsFile.js';
import { examplesPath, readExamplesHead } from '../../src/examples/examplesFile.js';
import { selectedNeurons } from '../../src/neurons/analysis/distinctNeurons.js';
import { neuronName } from '../../src/neurons/tables/neuronNames.js';
import { analysisSites } from '../../src/neurons/analysis/NeuronAnalysis.js';
import { embeddedAdapter } from '../../src/run/embeddedRun.js';
import { readRunConfig } from '../../src/run/RunConfig.js';
import { run, type RunResult } from '../../src/run/run.js';
import { type Progress, silent } from '../../src/support/progress.js';
import { cli } from '../helpers/cli.js';
import { commandHere } from '../helpers/commandHere.js';
import { embeddedModel } from '../helpers/models.js';
import { temporaryFolder } from '../helpers/temporaryFolder.js';

const folder = temporaryFolder();
const config = join(folder, 'run.yaml');
const basics = {
    ...{ model: embeddedModel, data: 'udhr:3-6', languages: ['en', 'zh'], gpu: 'off', threads: 1 },
    ...{ topRate: 0.02, sets: ['specific+related'], controls: 1 },
};

async function ran(settings: object, progress: Progress = silent): Promise<RunResult> {
    writeFileSync(config, stringify({ ...basics, ...settings }));
    return run(await readRunConfig(config), { progress });
}

describe('examples and effects of a run', () => {
    const out = join(folder, 'both');
    const steps: string[] = [];
    let first: RunResult;
    beforeAll(async () => {
        const progress = {
            ...silent,
            step: (name: string, n: number, of: number) => void steps.push(`${n}/${of} ${name}`),
        };
        first = await ran({ out, examples: true, effects: true }, progress);
    });

    it('are those of the commands, of all selected neurons', async () => {
        const selected = selectedNeurons(first.analysis).map(String).sort();
        const { neurons } = (await readExamplesHead(examplesPath(out)))!;
        expect(neurons.map(String)).toEqual(expect.arrayContaining(selected));
        const effects = (await readEffectsIfAny(out))!;
        expect(effects.neurons.map(({ neuron }) => String(neuron)).sort()).toEqual(selected);
        expect(first.details).toEqual({
            examples: { path: examplesPath(out), neurons: neurons.length },
            effects: { path: effectsPath(out), neurons: selected.length },
        });
        expect(steps).toEqual([
            ...['1/7 read the texts and the model', '2/7 count', '3/7 identify', '4/7 examples', '5/7 effects'],
            ...['6/7 perplexity', '7/7 report'],
        ]);
        const options = ['--model', embeddedModel, '--data', 'udhr:3-6', '--gpu', 'off', '--threads', '1'];
        expect((await commandHere('examples', out, ...options)).stdout).toContain('were in');
    });

    it('stay as they are when the run is done again, and are said at its end; neurons are drawn first', async () => {
        const times = (): number[] => [examplesPath(out), effectsPath(out)].map((path) => statSync(path).mtimeMs);
        const before = times();
        const { stdout, stderr } = await cli('run', config);
        const bars = layerBars(first.analysis, 80).join('\n');
        expect(stderr.indexOf(bars)).toBeGreaterThan(stderr.indexOf('step 3 of 7'));
        expect(stderr.indexOf(bars)).toBeLessThan(stderr.indexOf('step 4 of 7'));
        expect(stdout).toContain(
            `to look at: examples of ${first.details.examples!.neurons} neurons, ` +
                `effects of ${first.details.effects!.neurons} neurons`,
        );
        expect(times()).toEqual(before);
    });

    it('take the settings of the commands', async () => {
        const [one, two] = selectedNeurons(first.analysis).map((neuron) =>
            neuronName(analysisSites(first.analysis), neuron),
        ) as [string, string];
        const other = join(folder, 'chosen');
        const { details } = await ran({
            out: other,
            examples: { data: 'udhr:27-27', languages: ['zh'], neurons: [one, two], seed: 3 },
            effects: { neurons: one },
        });
        expect(details.effects!.neurons).toBe(1);
        const { languages, neurons, seed } = (await readExamplesHead(examplesPath(other)))!;
        expect({ languages, neurons: neurons.length, seed }).toEqual({ languages: ['zh'], neurons: 2, seed: 3 });
    });

    it('are left out by false; effects of an aligned model with adapters are, with a line', async () => {
        const notes: string[] = [];
        const { details, aligned } = await ran(
            {
                out: join(folder, 'aligned'),
                effects: true,
                examples: false,
                aligned: { loras: [{ path: embeddedAdapter }] },
            },
            { ...silent, note: (line) => void notes.push(line) },
        );
        expect(existsSync(examplesPath(join(folder, 'aligned')))).toBe(false);
        expect([Object.keys(details), aligned!.details]).toEqual([['effects'], {}]);
        expect(notes.filter((line) => line.startsWith('effects: left out'))).toHaveLength(1);
    });
});

describe("values in a run's file", () => {
    it('are those of collect, and the same counts', async () => {
        const [out, apart] = [join(folder, 'values'), join(folder, 'apart')];
        await ran({ out, data: 'udhr:25-25', values: true });
        const options = ['--data', 'udhr:25-25', '--languages', 'en,zh', '--gpu', 'off', '--threads', '1'];
        expect((await commandHere('collect', '-m', embeddedModel, ...options, '--values', '-o', apart)).code).toBe(0);
        const [ofRun, ofCollect] = await Promise.all(
            [out, apart].map((path) => readActivations(path, { values: true })),
        );
        expect(ofRun!.values).toBeDefined();
        expect(ofRun!.values).toEqual(ofCollect!.values);
        expect(ofRun!.counts).toEqual(ofCollect!.counts);
    });
});
