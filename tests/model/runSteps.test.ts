import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { dosePath, matrixPath } from '../../src/experiments/resultFiles/resultPaths.js';
import { parseOperations } from '../../src/interventions/operationText.js';
import { quantsPath } from '../../src/quants/quantsFile.js';
import { clean } from '../../src/run/clean.js';
import { readRunConfig, type RunConfig } from '../../src/run/RunConfig.js';
import { run, type RunResult } from '../../src/run/run.js';
import { type Progress, silent } from '../../src/support/progress.js';
import { commandHere } from '../helpers/commandHere.js';
import { embeddedModel } from '../helpers/models.js';
import { temporaryFolder } from '../helpers/temporaryFolder.js';

const folder = temporaryFolder();
const config = join(folder, 'run.yaml');
const out = join(folder, 'run');
const engine = ['--gpu', 'off', '--threads', '1'];

describe("interventions, checks and quantized files in a run's file", () => {
    const steps: string[] = [];
    let result: RunResult;
    const pathsOf = (op: string): string => matrixPath(out, 'ppl', parseOperations(op)[0]!);
    const doses = dosePath(out, 'ppl', parseOperations('zero')[0]!);
    beforeAll(async () => {
        const settings = {
            ...{ model: embeddedModel, data: 'udhr:25-28', evaluation: 'udhr:30-30', languages: ['en', 'zh'] },
            ...{
                gpu: 'off',
                threads: 1,
                folds: 2,
                topRate: 0.02,
                sets: ['specific+related'],
                controls: 1,
                values: true,
                out,
            },
            intervene: [{ op: 'scale:0.5,mean:zh' }, { op: 'zero', dose: '1%', seed: 4 }],
            check: [{ names: 'settings' }, { names: ['script', 'importance'], sample: 2 }],
            quants: { make: ['Q4_0'] },
        };
        writeFileSync(config, stringify(settings));
        const step = (name: string): void => void steps.push(name);
        const progress: Progress = { ...silent, step };
        result = await run(await readRunConfig(config), { progress });
    }, 120_000);

    it('are steps of the run, in order', () => {
        expect(steps).toEqual([
            ...['read the texts and the model', 'count', 'identify', 'perplexity'],
            ...['intervene: scale:0.5, replace:mean:zh', 'intervene: zero', 'check: settings'],
            ...['check: script, importance', 'quants', 'report'],
        ]);
    });

    it('give the matrices and curves of the command intervene', async () => {
        const { matrices, curves } = result.interventions;
        expect(matrices.map(({ operation }) => operation)).toEqual(parseOperations('scale:0.5,mean:zh'));
        expect(curves[0]!.doses.map(({ share }) => share)).toEqual([0.01]);
        const paths = [pathsOf('scale:0.5'), pathsOf('mean:zh'), doses];
        const before = paths.map((path) => readFileSync(path, 'utf8'));
        const data = ['-m', embeddedModel, '-d', 'udhr:30-30', ...engine, '--controls', '1'];
        const asMatrix = ['--op', 'scale:0.5,mean:zh', '--sets', 'specific+related'];
        expect((await commandHere('intervene', out, ...data, ...asMatrix)).code).toBe(0);
        expect((await commandHere('intervene', out, ...data, '--op', 'zero', '--dose', '1%', '--seed', '4')).code).toBe(
            0,
        );
        expect(paths.map((path) => readFileSync(path, 'utf8'))).toEqual(before);
    });

    it('give the results of the command check, which finds them done', async () => {
        expect(result.checks.map(({ name }) => name)).toEqual(['settings', 'script', 'importance']);
        expect(result.checks[2]!.source.settings).toMatchObject({ sample: 2 });
        const data = ['-m', embeddedModel, '-d', 'udhr:30-30', ...engine];
        const { stderr } = await commandHere('check', out, 'script', 'importance', '--sample', '2', ...data);
        expect(stderr).toContain('script: already checked');
        expect(stderr).toContain('importance: already checked');
    });

    it('give the table of the command quants, with the neurons of the run', () => {
        const { files, evaluation, page } = result.quants!;
        expect(files).toHaveLength(2);
        expect(files[0]!.perLanguage.zh!.specific).toBe(result.analysis.perLanguage.zh!.specific);
        expect(files[0]!.perLanguage.zh!.kl.value).toBe(0);
        expect(files[1]!.perLanguage.zh!.kl.value).toBeGreaterThan(0);
        expect(evaluation).toEqual(['udhr:30-30']);
        expect([existsSync(quantsPath(join(out, 'quants'))), existsSync(page)]).toEqual([true, true]);
        // The counts of the run are those of the reference: nothing is counted twice.
        const counted = readdirSync(join(out, 'quants', 'files'));
        expect(counted).toHaveLength(1);
        expect(counted[0]).toContain('Q4_0');
    });

    it('are shown by the report and at the end, and stay as they are when the run is done again', async () => {
        const page = readFileSync(result.report.html, 'utf8');
        expect(page).toContain('id="smallerFiles"');
        expect(page).toContain('Would a sceptic believe it?');
        const times = (): number[] => [pathsOf('scale:0.5'), doses].map((path) => statSync(path).size);
        const before = times();
        const { stdout, stderr } = await commandHere('run', config);
        expect(stdout).toContain('also measured: scale:0.5, replace:mean:zh');
        expect(stdout).toContain('dose curves: zero');
        expect(stdout).toMatch(/checks: settings \w+.*, script \w+.*, importance \w+/);
        expect(stdout).toContain(`quantized files: `);
        expect(stderr).toContain('importance: already checked');
        expect(times()).toEqual(before);
    });

    it('are refused before the counting where there are fewer texts than folds, or a file is missing', async () => {
        const counted = join(folder, 'refused');
        const base: RunConfig = { model: embeddedModel, data: ['udhr:25-26'], languages: ['en', 'zh'], out: counted };
        await expect(run({ ...base, quants: { make: ['Q4_0'] } })).rejects.toMatchObject({
            code: 'EMPTY',
            message: 'language en has 2 texts, too few for 4 folds; give more texts or lower `folds`',
        });
        await expect(run({ ...base, quants: { files: [join(folder, 'none.gguf')] } })).rejects.toMatchObject({
            code: 'NOT_FOUND',
        });
        expect(existsSync(join(counted, 'activations.safetensors'))).toBe(false);
    });

    it('are removed by clean', async () => {
        const { removed } = await clean(out);
        const paths = removed.map(({ path }) => path);
        expect(paths).toEqual(expect.arrayContaining(['checks', 'quants', 'ppl.scale-0.5.matrix.json']));
        expect(existsSync(join(out, 'quants'))).toBe(false);
    });
});
