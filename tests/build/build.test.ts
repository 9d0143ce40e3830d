import { spawnSync } from 'node:child_process';
import { chmodSync, cpSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { ensureBuilt } from '../../scripts/build/ensure.mjs';
import { readStamp } from '../../scripts/build/stamp.mjs';
import { folderOfTest } from '../helpers/temporaryFolder.js';

const root = join(import.meta.dirname, '../..');
const isBuilt = readStamp(join(root, 'build/Release')) !== undefined;

describe('without the tools', () => {
    /** The driver in a copy of the project that was never built, finding only the given programs. */
    function run(programs: Record<string, string>, script = 'build.mjs', env: Record<string, string> = {}) {
        const copy = folderOfTest();
        for (const part of ['package.json', 'CMakeLists.txt', 'native', 'scripts/build', 'src/prebuilt']) {
            cpSync(join(root, part), join(copy, part), { recursive: true });
        }
        symlinkSync(join(root, 'node_modules'), join(copy, 'node_modules'), 'junction');
        const bin = join(copy, 'bin');
        mkdirSync(bin);
        for (const [name, says] of Object.entries(programs)) {
            writeFileSync(join(bin, name), `#!/bin/sh\necho '${says}'\n`);
            chmodSync(join(bin, name), 0o755);
        }
        const { status, stderr } = spawnSync(process.execPath, [join(copy, 'scripts/build', script)], {
            encoding: 'utf8',
            env: { ...env, PATH: bin },
        });
        return { status, stderr };
    }

    test('no cmake', () => {
        expect(run({})).toEqual({
            status: 1,
            stderr: expect.stringMatching(/^cmake is missing: install it \(.*cmake.*\)\n$/),
        });
    });

    test.skipIf(process.platform === 'win32')('a cmake that is too old', () => {
        expect(run({ cmake: 'cmake version 3.16.3' })).toEqual({
            status: 1,
            stderr: expect.stringMatching(/^cmake 3\.16 at .* is too old: 3\.19 or newer is needed .*\n$/),
        });
    });

    test.skipIf(process.platform === 'win32')('no compiler', () => {
        expect(run({ cmake: 'cmake version 4.0.1' })).toEqual({
            status: 1,
            stderr: expect.stringMatching(/^A C\+\+17 compiler is missing: install one \(.*\)\n$/),
        });
    });

    test.skipIf(process.platform === 'win32')('no make', () => {
        expect(run({ cmake: 'cmake version 4.0.1', 'c++': 'c++ 12.2.0' })).toEqual({
            status: 1,
            stderr: expect.stringMatching(/^make is missing: install it \(.*\)\n$/),
        });
    });

    test('npm install may leave the build to the first use', () => {
        expect(run({}, 'install.mjs', { LANGUAGE_NEURONS_SKIP_BUILD: '1' })).toEqual({
            status: 0,
            stderr: expect.stringMatching(/at first use\n$/),
        });
    });
});

// `npm test` builds first; without that there is nothing to be up to date
describe.skipIf(!isBuilt)('once built', () => {
    test('another build does nothing, in less than 2 s', () => {
        const start = performance.now();
        const { status, stderr } = spawnSync(process.execPath, [join(root, 'scripts/build/build.mjs')], {
            encoding: 'utf8',
        });
        expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
        expect(performance.now() - start).toBeLessThan(2000);
    });

    test('run time finds it at once', async () => {
        const start = performance.now();
        const built = await ensureBuilt({ progress: () => expect.unreachable('nothing is to be built') });
        // 10 to 20 ms on an idle machine
        expect(performance.now() - start).toBeLessThan(200);
        expect(built).toMatchObject({
            built: false,
            addonPath: join(root, 'build/Release/language_neurons.node'),
            variants: expect.arrayContaining([expect.objectContaining({ name: 'cpu' })]),
        });
    });
});
