import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { beforeAll, describe, expect, it } from 'vitest';
import { cli, sees, startCli } from '../helpers/cli.js';
import { commandHere } from '../helpers/commandHere.js';
import { writeFirstLayer } from '../helpers/firstLayer.js';
import { gpusUnderTest } from '../helpers/gpu.js';
import { temporaryFolder } from '../helpers/temporaryFolder.js';

const root = temporaryFolder();
const at = (...names: string[]): string => join(root, ...names);
const layer = await writeFirstLayer(at('layer.gguf'));

/** One device twice: two processes of it. */
const twice = ['--devices', '0,0'];
const [vulkan] = await gpusUnderTest();
const { absent } = vulkan!;
const model = ['--model', layer, '--gpu', 'vulkan', '--batch-size', '64'];
const collect = (folder: string, ...more: string[]): string[] => [
    'collect',
    ...model,
    '--data',
    at('texts'),
    '--out',
    at(folder),
    ...more,
];
const deactivate = (folder: string, ...more: string[]): string[] => [
    'deactivate',
    at(folder),
    ...model,
    '--data',
    at('texts'),
    '--sets',
    'specific',
    '--controls',
    '1',
    ...more,
];

const examples = (folder: string, ...more: string[]): string[] => [
    ...['examples', at(folder), ...model, '--data', at('texts'), ...more],
];

/** Processes whose command line names a folder of this test. */
function processesOf(folder: string): number[] {
    return readdirSync('/proc')
        .filter((name) => /^\d+$/.test(name))
        .map(Number)
        .filter((pid) => {
            try {
                return readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0').includes(at(folder));
            } catch {
                return false; // it has ended meanwhile
            }
        });
}

beforeAll(() => {
    mkdirSync(at('texts'));
    for (const language of ['en', 'de']) {
        // the software device is slow
        const lines = readFileSync(resolve(`src/embedded/texts/collect/${language}.txt`), 'utf8').split('\n');
        writeFileSync(at('texts', `${language}.txt`), lines.slice(0, 1).join('\n'));
    }
});

describe.skipIf(absent !== undefined)(`several devices${absent === undefined ? '' : ` (skipped: ${absent})`}`, () => {
    it('count and measure what one does, byte for byte; again they find it finished', async () => {
        const identify = (folder: string): string[] => ['identify', at(folder), '--top-rate', '0.1'];
        for (const args of [collect('one'), identify('one'), deactivate('one'), examples('one')]) {
            expect((await commandHere(...args)).code).toBe(0);
        }
        const counted = await cli(...collect('two', ...twice, '--json'));
        expect(counted.code, counted.stderr).toBe(0);
        expect(counted.stderr).toContain('device 0: count en');
        expect(JSON.parse(counted.stdout)).toMatchObject({ tokens: { en: expect.any(Number) as number } });
        expect((await commandHere(...identify('two'))).code).toBe(0);
        const measured = await cli(...deactivate('two', ...twice));
        expect(measured.code, measured.stderr).toBe(0);
        const shown = await cli(...examples('two', ...twice));
        expect(shown.code, shown.stderr).toBe(0);
        const names = ['activations.safetensors', 'ppl.matrix.json', 'ppl.matrix.csv', 'examples.safetensors'];
        for (const name of names) {
            expect(readFileSync(at('two', name)).equals(readFileSync(at('one', name))), name).toBe(true);
        }
        const again = await cli(...deactivate('two', ...twice));
        expect(again.code, again.stderr).toBe(0);
        for (const number of [1, 2]) {
            expect(again.stderr).toContain(`ppl.matrix.shard-${number}-of-2.json: this shard is finished`);
        }
    }, 600_000);

    it.each(['SIGINT', 'SIGKILL'] as const)('stopped by %s, all processes end; again they go on', async (signal) => {
        const folder = `stopped ${signal}`;
        const { child, ended } = startCli(collect(folder, ...twice));
        await sees(child, 'device 0: count');
        expect(processesOf(folder).length).toBeGreaterThanOrEqual(4); // two of ours, two of the devices'
        const begin = performance.now();
        child.kill(signal);
        const { code, stderr } = await ended;
        if (signal === 'SIGINT') {
            expect(code).toBe(130);
            expect(stderr.trim().split('\n').at(-1)).toMatch(/^language-neurons: stopped/);
        }
        while (processesOf(folder).length > 0 && performance.now() - begin < 10_000) await wait(50);
        expect(processesOf(folder)).toEqual([]);
        const again = await cli(...collect(folder, ...twice));
        expect(again.code, again.stderr).toBe(0);
        const [there, here] = [folder, 'one'].map((name) => readFileSync(at(name, 'activations.safetensors')));
        expect(there!.equals(here!)).toBe(true);
    });

    it('one that fails stops the others, and says why', async () => {
        writeFileSync(at('damaged.gguf'), readFileSync(layer).subarray(0, 100_000));
        const args = collect('failed', ...twice).map((word) => (word === layer ? at('damaged.gguf') : word));
        const { code, stderr } = await cli(...args);
        expect(code).toBe(1);
        expect(stderr.trim().split('\n').at(-1)).toMatch(/^language-neurons: device 0: .*damaged\.gguf/);
    });
});

describe('devices', () => {
    it.each([
        [['--gpu', 'off', '--devices', '0'], '--devices 0: there are none with --gpu off'],
        [['--devices', '0', '--shard', '1/2'], '--devices 0: divides the work itself; leave --shard out'],
        [['--devices', 'all'], '--devices takes a whole number from 0 to 9999, not "all"'],
    ])('%j is wrong use', async (args, message) => {
        const needed = ['--model', layer, '--data', at('texts'), '--out', at('wrong')];
        const { code, stderr } = await commandHere('collect', ...needed, ...args);
        expect(code).toBe(2);
        expect(stderr).toContain(message);
    });
});
