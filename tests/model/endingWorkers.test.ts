import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { text } from 'node:stream/consumers';
import { describe, expect, it } from 'vitest';
import { embeddedModel } from '../helpers/models.js';
import { otherNode } from '../helpers/otherNodes.js';

const program = resolve('tests/helpers/endingWorkers.mjs');
const nodes = [
    { name: `this Node (${process.version})`, path: process.execPath },
    ...[20, 22, 24].map((version) => ({
        name: `Node ${version} (skipped unless it is in .cache/node/${version})`,
        path: otherNode(version),
    })),
].filter(({ path }, i, all) => i === 0 || !existsSync(path) || versionOf(path) !== versionOf(all[0]!.path));

function versionOf(node: string): string {
    return execFileSync(node, ['--version'], { encoding: 'utf8' }).trim();
}

async function run(node: string, args: readonly string[]): Promise<{ code: unknown; signal: unknown; out: string }> {
    const child = spawn(node, args, { stdio: ['ignore', 'pipe', 'pipe'] });
    const [[code, signal], out, errors] = await Promise.all([
        once(child, 'close') as Promise<[number | null, string | null]>,
        text(child.stdout),
        text(child.stderr),
    ]);
    if (code !== 0) throw new Error(`after ${out.trim().split('\n').at(-1)}: ${code ?? signal}\n${errors}`);
    return { code, signal, out };
}

describe('a worker of Node that ends while a native operation is under way leaves the process alive', () => {
    it.for(nodes)('in $name', async ({ path }, { skip }) => {
        skip(!existsSync(path));
        const { out } = await run(path, [program, embeddedModel]);
        const ended = out.trim().split('\n');
        expect(ended).toEqual(
            expect.arrayContaining(['count', 'score', 'generate', 'tokenize', 'load model', 'decode']),
        );
        expect(ended.length).toBeGreaterThanOrEqual(24);
    });

    it.each(['score', 'load model', 'decode', 'compareWith'])('and so does the main thread: %s', async (name) => {
        expect(await run(process.execPath, [program, '--here', embeddedModel, name])).toMatchObject({ code: 0 });
    });
});
