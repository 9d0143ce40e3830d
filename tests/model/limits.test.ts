import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readSafetensors } from '../../src/activations/safetensors.js';
import { embeddedModel } from '../../src/run/embeddedRun.js';
import { filesBelow } from '../campaign/compareFolders.js';
import { writeInputs } from '../campaign/inputs.js';
import { commandHere } from '../helpers/commandHere.js';

// What a machine may refuse: room on the disk, size of a file, number of open files, a folder that cannot be. Each
// command then ends in one line that names the cause, and leaves no file under its name that is not whole.
import { temporaryFolder } from '../helpers/temporaryFolder.js';

const root = temporaryFolder();
const at = (name: string): string => join(root, name);
const [run, other, small, full, inputs] = [at('run'), at('other'), at('small'), at('full'), at('inputs')];
const cli = `${process.execPath} ${resolve('dist/cli.js')}`;
const model = `--model ${embeddedModel} --gpu off --threads 1`;

interface Outcome {
    readonly code: number | null;
    readonly lines: readonly string[];
}

/** Lines of stderr that tell of a failure: progress, and what is noted, are none. */
const failureIn = (stderr: string): string[] =>
    stderr.split('\n').filter((text) => text.startsWith('language-neurons:') || /^\s+at /.test(text));

/** Runs a command in this process, for what a disk refuses: limits on a process need one of its own. */
async function here(command: string): Promise<Outcome> {
    const { code, stderr } = await commandHere(...command.split(' '));
    return { code, lines: failureIn(stderr) };
}

/** Runs a line of bash: limits, then a command. */
function bash(line: string, env: NodeJS.ProcessEnv = {}): Outcome {
    const { status, stderr } = spawnSync('bash', ['-c', line], {
        cwd: root,
        env: { ...process.env, ...env },
        encoding: 'utf8',
        timeout: 60_000,
        killSignal: 'SIGKILL',
    });
    return { code: status, lines: failureIn(stderr) };
}

function expectOneLine({ code, lines }: Outcome, words: RegExp, exit = 1): void {
    expect(lines).toHaveLength(1);
    expect(lines[0]).toMatch(words);
    expect(code).toBe(exit);
}

const canMount = ((): boolean => {
    mkdirSync(small, { recursive: true });
    const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', small]).status === 0;
    if (mounted) spawnSync('umount', [small]);
    return mounted;
})();

beforeAll(async () => {
    writeInputs(inputs, { texts: 4, evaluate: 1, questions: 1 });
    for (const command of [
        `collect ${model} --data ${inputs}/texts --folds 2 --out ${run}`,
        `identify ${run} --top-rate 0.2 --bar 0.98`,
        `deactivate ${run} ${model} --data ${inputs}/evaluate --sets specific --controls 1`,
    ])
        expect(await here(command)).toEqual({ code: 0, lines: [] });
    cpSync(run, other, { recursive: true });
    expect(await here(`compare ${run} ${other} --out ${run}`)).toEqual({ code: 0, lines: [] });
});
afterAll(() => {
    spawnSync('umount', [small]);
});

/** Commands that write into a run folder, and the most that one of their files takes, in KiB. */
const commands: Readonly<Record<string, (folder: string) => string>> = {
    report: (folder) => `report ${folder} --title other`,
    identify: (folder) => `identify ${folder} --top-rate 0.3 --bar 0.9`,
    deactivate: (folder) => `deactivate ${folder} ${model} --data ${inputs}/evaluate --sets specific --controls 2`,
    intervene: (folder) =>
        `intervene ${folder} ${model} --data ${inputs}/evaluate --sets specific --controls 1 --op scale:0.5`,
    compare: (folder) => `compare ${other} ${folder}`,
    collect: (folder) => `collect ${model} --data ${inputs}/texts --out ${folder} --force`,
    export: (folder) => `export ${folder} --model ${embeddedModel} --without en --out ${folder}/edited.gguf`,
    respond: (folder) => `respond ${model} --data ${inputs}/questions --max-tokens 4 --out ${folder}/answers.json`,
};

describe.runIf(canMount)(`a small disk${canMount ? '' : ' (no file system can be mounted here)'}`, () => {
    it.each(Object.keys(commands))('%s leaves whole files, and tells that there is no room', async (name) => {
        const before = filesBelow(run);
        rmSync(full, { recursive: true, force: true });
        cpSync(run, full, { recursive: true });
        expect((await here(commands[name]!(full))).lines).toEqual([]);
        const after = filesBelow(full);
        const bytes = [...before.values()].reduce((sum, { length }) => sum + Math.ceil(length / 4096) * 4096, 0);
        const seen = new Set<number | null>();
        for (const room of name === 'report' ? [8, 200] : [8]) {
            expect(
                spawnSync('mount', ['-t', 'tmpfs', '-o', `size=${Math.ceil(bytes / 1024) + room}k`, 'tmpfs', small])
                    .status,
            ).toBe(0);
            try {
                cpSync(run, small, { recursive: true });
                const outcome = await here(commands[name]!(small));
                seen.add(outcome.code);
                if (outcome.code !== 0) expectOneLine(outcome, /small.*(the disk is full|ENOSPC|no space)/i);
                for (const [path, content] of filesBelow(small)) {
                    if (path.endsWith('.jsonl')) continue; // lines that were cut count as not there
                    if (path.startsWith('parts/')) {
                        await readSafetensors(join(small, path)); // whole, as it opens
                        continue;
                    }
                    const wholes = [before.get(path), after.get(path)].filter((file) => file !== undefined);
                    const isWhole = wholes.some(({ length }) => Math.abs(length - content.length) < 200);
                    expect(isWhole, `${path} has ${content.length} bytes`).toBe(true);
                }
                expect(readdirSync(small).filter((file) => /\.\d+$/.test(file))).toEqual([]);
            } finally {
                spawnSync('umount', [small]);
            }
        }
        expect(seen).toContain(1);
    });
});

describe.runIf(process.platform === 'linux')('limits of the system', () => {
    it.each([
        ['report', 16],
        ['compare', 16],
        ['collect', 64],
        ['export', 64],
    ] as const)('a size that no file may have: %s', (name, blocks) => {
        const folder = `limited-${name}`;
        cpSync(run, join(root, folder), { recursive: true });
        const html = readFileSync(join(root, folder, 'report.html'));
        expectOneLine(
            bash(`ulimit -f ${blocks}; ${cli} ${commands[name]!(folder)}`),
            /a file may not be so large.*ulimit -f/,
        );
        expect(readFileSync(join(root, folder, 'report.html')).equals(html)).toBe(true);
    });

    it.each([20, 26, 40, 64])('%i open files', (files) => {
        for (const command of [
            `inspect ${embeddedModel}`,
            'report run',
            `collect ${model} --data inputs/texts --out few`,
        ])
            expectOneLine(bash(`ulimit -n ${files}; ${cli} ${command}`), /too many files are open.*ulimit -n/);
    });

    it('a folder that cannot be', async () => {
        const file = at('file');
        writeFileSync(file, '');
        for (const out of ['/proc/x', '/dev/null/x', '/sys/x', file, `${file}/x`, at('n'.repeat(300))])
            expectOneLine(await here(`collect ${model} --data ${inputs}/texts --out ${out}`), /cannot be .*; /);
    });

    it('a full disk behind standard output, and a reader that reads no further', () => {
        expectOneLine(
            bash(`${cli} inspect ${embeddedModel} > /dev/full`),
            /standard output: cannot be written: the disk is full/,
        );
        expect(bash(`set -o pipefail; ${cli} inspect ${embeddedModel} --json | true`)).toEqual({ code: 0, lines: [] });
    });
});

it('the name of a variable of the tool’s own is refused', () => {
    for (const value of ['1', '', 'progress'])
        expectOneLine(
            bash(`${cli} inspect ${embeddedModel}`, { LANGUAGE_NEURONS_CHILD: value }),
            /LANGUAGE_NEURONS_CHILD.*unset it/,
            2,
        );
});
