import { spawnSync } from 'node:child_process';
import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parseChoice, resolveBackends } from '../../src/prebuilt/backends.mjs';
import { describeBuild } from '../../scripts/build/current.mjs';
import { processorKey } from '../../scripts/build/processor.mjs';
import { choiceOf, readStamp } from '../../scripts/build/stamp.mjs';
import { folderOfTest } from '../helpers/temporaryFolder.js';

const cpuinfo = (...cores: string[]) =>
    cores.map((flags) => `processor\t: 0\nmodel name\t: a\nflags\t\t: ${flags}\n\n`).join('');

describe('what a processor can', () => {
    it('is the same for as many cores as there are, and another where one feature is', () => {
        const one = processorKey(cpuinfo('fpu avx2'));
        expect(processorKey(cpuinfo('fpu avx2', 'fpu avx2'))).toBe(one);
        expect(processorKey(cpuinfo('fpu avx2', 'fpu avx2 avx512f'))).not.toBe(one);
        expect(processorKey('processor : 0\nFeatures : fp asimd\nCPU part : 0xd0c\n')).not.toBe(
            processorKey('processor : 0\nFeatures : fp asimd sve\nCPU part : 0xd0c\n'),
        );
    });
});

it('a backend for this processor goes with the prebuilt ggml alone', () => {
    expect(parseChoice({ plugins: 'cpu,rpc' })).toEqual({ plugins: ['cpu', 'rpc'] });
    expect(() => parseChoice({ fromSource: true, plugins: 'cpu' })).toThrow('--from-source');
    expect(() => parseChoice({ plugins: 'cpu,cuda' })).toThrow('--from-source');
});

const built = choiceOf(readStamp(resolve('build/Release'))).plugins.includes('cpu');
describe.skipIf(!built)(
    `a build with it${built ? '' : ' (skipped: this one has none, npm run build -- --with cpu)'}`,
    () => {
        const backends = resolveBackends({ plugins: ['cpu'] });
        const cpuOf = (folder: string) =>
            describeBuild(folder, backends, false).variants.find(({ name }) => name === 'cpu')?.plugins;

        it('uses it here, and the prebuilt ones where the processor is another', () => {
            const own = resolve('build/Release');
            expect(cpuOf(own)).toEqual([join(own, 'libggml-cpu.so')]);
            const moved = join(folderOfTest(), 'Release');
            cpSync(own, moved, { recursive: true });
            expect(cpuOf(moved)).toEqual([join(moved, 'libggml-cpu.so')]);
            const file = join(moved, 'stamp.json');
            const stamp = JSON.parse(readFileSync(file, 'utf8'));
            stamp.inputs.processor = processorKey(cpuinfo('another'));
            writeFileSync(file, JSON.stringify(stamp));
            expect(cpuOf(moved)).toEqual([]);
        });

        it('loads it, and no other', () => {
            const script = `
            import { readFileSync } from 'node:fs';
            import { Engine, embeddedModel } from ${JSON.stringify(resolve('dist/index.js'))};
            const engine = await Engine.open({ model: embeddedModel, gpu: 'off' });
            console.log([...new Set(readFileSync('/proc/self/maps', 'utf8').match(/[^ ]*libggml-cpu.*$/gm))].join());
            engine.close();
        `;
            const { stdout } = spawnSync(process.execPath, ['--input-type=module', '-e', script], { encoding: 'utf8' });
            expect(stdout.trim()).toBe(resolve('build/Release/libggml-cpu.so'));
        });
    },
);
