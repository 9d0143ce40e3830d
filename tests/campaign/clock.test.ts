import { cpSync, readdirSync, rmSync, utimesSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { beforeAll, describe, expect, it } from 'vitest';
import { sees, startCli } from '../helpers/cli.js';
import { compareFolders } from './compareFolders.js';
import { modelArguments, writeInputs } from './inputs.js';
import { runIn } from './kills/chain.js';
import { childrenOf, stillAliveAfter } from './kills/processTree.js';
import { temporaryFolder } from '../helpers/temporaryFolder.js';

const root = temporaryFolder();
const jumping = {
    NODE_OPTIONS: `--import ${pathToFileURL(join(import.meta.dirname, 'clock', 'jumpingClock.mjs')).href}`,
};
const drawn = ['--template', 'chat', '--max-tokens', '16', '--context-size', '2048'];
const deactivate = ['deactivate', 'run', ...modelArguments, '--controls', '1', '--sets', 'specific'];
/** Long enough that a lock is renewed several times on the way. */
const collect = ['collect', ...modelArguments, '--data', 'texts', '--out', 'run', '--folds', '3'];
const way = [
    collect,
    ['identify', 'run', '--top-rate', '0.2', '--bar', '0.98'],
    [...deactivate, '--data', 'evaluate'],
    [...deactivate, '--data', 'questions', '--metric', 'accuracy', ...drawn],
    ['respond', ...modelArguments, '--data', 'questions', ...drawn, '--out', 'answers.json'],
    ['report', 'run'],
];

async function go(folder: string, args: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<void> {
    const { code, stderr } = await runIn(folder, args, env);
    expect(code, stderr).toBe(0);
}

beforeAll(async () => {
    writeInputs(join(root, 'whole'), { texts: 60, evaluate: 1, questions: 3 });
    for (const name of ['jumping', 'aged']) cpSync(join(root, 'whole'), join(root, name), { recursive: true });
    for (const args of way) await go(join(root, 'whole'), args);
});

describe('the clock has no say in what is found', () => {
    it('a clock that jumps by hours', async () => {
        const folder = join(root, 'jumping');
        for (const args of way) await go(folder, args, jumping);
        const { faults, answersDiffering } = compareFolders(folder, join(root, 'whole'));
        expect([...faults, ...answersDiffering]).toEqual([]);
    });

    it.each([
        ['past', -1],
        ['future', 1],
    ] as const)('what a stopped run left is dated far in the %s', async (_, sign) => {
        const folder = join(root, 'aged', String(sign));
        cpSync(join(root, 'whole'), folder, { recursive: true });
        for (const name of ['run', 'answers.json', 'answers.json.answers.jsonl'])
            rmSync(join(folder, name), { recursive: true, force: true });
        for (const [i, args] of way.entries()) {
            if (i !== 1 && i !== 5) {
                const { child, ended } = startCli(args, {}, folder);
                await Promise.race([sees(child, ': 50 %'), ended]);
                const children = childrenOf(child.pid!);
                child.kill('SIGKILL');
                await ended;
                expect(await stillAliveAfter(children, 5000)).toEqual([]);
                date(folder, sign);
            }
            await go(folder, args);
        }
        const { faults } = compareFolders(folder, join(root, 'whole'));
        expect(faults).toEqual([]);
    });
});

/** Gives every file and folder below another a time of change ten years off. */
function date(folder: string, sign: -1 | 1): void {
    const seconds = Date.now() / 1000 + sign * 10 * 365 * 86_400;
    for (const name of readdirSync(folder, { recursive: true, encoding: 'utf8' }))
        utimesSync(join(folder, name), seconds, seconds);
}
