import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { embeddedModel } from '../../src/run/embeddedRun.js';
import { runIn } from './kills/chain.js';
import { argumentsOf, modelArguments, writeInputs } from './inputs.js';
import { mutated } from './mutations/mutate.js';
import { endlessModel, type Kind, kindsOf, putInto, type Seed } from './mutations/kinds.js';
import { Reader } from './mutations/Reader.js';
import { pick, randomOf } from './random.js';
import { mutations, seed, throughCli, together } from './settings.js';
import { writeFirstLayer } from '../helpers/firstLayer.js';
import { temporaryFolder } from '../helpers/temporaryFolder.js';

/** Nothing in any input may take more. */
const mostBytes = 2 * 1024 ** 3;
/** Inputs that killed their reader and are given to the command line as well, of each kind. */
const mostDeathsThroughCli = 12;
/** One input alone, to repeat it: `KIND:NUMBER`. */
const only = process.env.CAMPAIGN_CASE;

const root = temporaryFolder();
const home = join(root, 'home');
const canary = join(root, 'canary');
/** A reader for each lane, of all kinds: what it reads is a small part of starting it. */
const readers = Array.from({ length: together }, () => new Reader(canary));
const kindNames = ['GGUF', 'LoRA GGUF', '.pt', '.safetensors', 'JSON', 'JSONL', 'TSV', 'YAML', 'journals'];
let kinds: readonly Kind[];

beforeAll(async () => {
    writeInputs(home, { texts: 10, evaluate: 1, questions: 2 });
    mkdirSync(canary);
    const ofLayer = argumentsOf(await writeFirstLayer(join(home, 'layer.gguf')));
    const experiment = [...ofLayer, '--sets', 'specific', '--controls', '1'];
    for (const args of [
        ['collect', ...ofLayer, '--data', 'texts', '--out', 'run'],
        ['identify', 'run', '--top-rate', '0.2', '--bar', '0.98'],
        ['deactivate', 'run', ...experiment, '--data', 'evaluate', '--batch-size', '128'],
        [
            'deactivate',
            'run',
            ...experiment,
            '--data',
            'questions',
            '--metric',
            'accuracy',
            '--template',
            'chat',
            '--limit',
            '1',
            '--max-tokens',
            '4',
        ],
        ['compare', 'run', 'run'],
        [
            'respond',
            ...ofLayer,
            '--data',
            'questions',
            '--template',
            'chat',
            '--max-tokens',
            '4',
            '--answers',
            '2',
            '--out',
            'answers.json',
        ],
    ]) {
        const { code, stderr } = await runIn(home, args);
        expect(code, stderr).toBe(0);
    }
    kinds = await kindsOf(home);
});
afterAll(async () => {
    for (const reader of readers) await reader.close();
});

interface Case {
    readonly number: number;
    readonly seed: Seed;
    readonly bytes: Buffer;
}

function caseOf({ name, seeds }: Kind, number: number): Case {
    const random = randomOf(seed, 'mutations', name, number);
    const chosen = pick(seeds, random);
    return { number, seed: chosen, bytes: mutated(chosen.bytes, chosen.mutations, random) };
}

function firstWithCommand(kind: Kind, count: number): Case[] {
    if (kind.seeds.every(({ command }) => command === undefined)) return [];
    const found: Case[] = [];
    for (let number = 0; found.length < count; number++) {
        const one = caseOf(kind, number);
        if (one.seed.command !== undefined) found.push(one);
    }
    return found;
}

function again(kind: Kind, number: number): string {
    return `CAMPAIGN_SEED=${seed} CAMPAIGN_CASE='${kind.name}:${number}' npm run test:campaign -- mutations`;
}

/** The command on the same input: its parent lives, and says one line where it does not end well. */
async function checkThroughCli(
    kind: Kind,
    { number, seed: { command, ...of }, bytes }: Case,
    problems: string[],
): Promise<boolean> {
    if (command === undefined) return false;
    const folder = join(root, 'cli', `${kind.name.replaceAll(/\W/g, '')}-${number}`);
    const path = putInto(folder, { ...of, command }, bytes);
    const { code, signal, stdout, stderr } = await runIn(canary, command(path, folder));
    const lines = stderr.split('\n').filter((line) => line.startsWith('language-neurons: '));
    const sound = code === 0 && lines.length === 0;
    const refused =
        (code === 1 || code === 2) &&
        lines.length === 1 &&
        stdout === '' &&
        !/^\s+at /m.test(stderr) &&
        !stderr.includes('a fault in the tool');
    if (!sound && !refused)
        problems.push(
            `${kind.name} ${number} through the command line: ${String(code ?? signal)}, ` +
                `${stderr.trim().slice(0, 600)}; repeat with ${again(kind, number)}`,
        );
    rmSync(folder, { recursive: true, force: true });
    return true;
}

describe(`mutated inputs, ${mutations} of them, end sound or in one line`, () => {
    it.each(kindNames)('%s', async (name) => {
        const kind = kinds.find((candidate) => candidate.name === name)!;
        const [onlyName, onlyNumber] = only?.split(':') ?? [];
        if (onlyName !== undefined && onlyName !== name) return;
        const count = Math.round((mutations * kind.percent) / 100);
        const [outcomes, problems, deaths] = [new Map<string, number>(), [] as string[], [] as Case[]];
        const slowest = { milliseconds: 0, peakBytes: 0 };
        const begin = performance.now();
        let next = onlyNumber === undefined ? 0 : Number(onlyNumber);
        const end = onlyNumber === undefined ? count : next + 1;
        await Promise.all(
            readers.map(async (reader, lane) => {
                const folder = join(root, `lane-${lane}`);
                while (next < end) {
                    const one = caseOf(kind, next++);
                    rmSync(folder, { recursive: true, force: true });
                    const path = putInto(folder, one.seed, one.bytes);
                    const result = await reader.read({ reader: one.seed.reader, path, home });
                    const { outcome, message, milliseconds, peakBytes, polluted } = result;
                    outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
                    slowest.milliseconds = Math.max(slowest.milliseconds, milliseconds);
                    slowest.peakBytes = Math.max(slowest.peakBytes, peakBytes);
                    if (outcome === 'DIED') {
                        deaths.push(one);
                        console.log(`${name} ${one.number} died: ${message.slice(0, 160)}`);
                    }
                    const wrong = ['FAULT', 'HANG', 'MEMORY'].includes(outcome)
                        ? `${outcome}: ${message}`
                        : polluted !== undefined
                          ? `it changed ${polluted}`
                          : outcome !== 'sound' && outcome !== 'DIED' && message.includes('\n')
                            ? `more than one line: ${message}`
                            : outcome !== 'sound' && outcome !== 'DIED' && !message.includes(folder)
                              ? `does not name the file: ${message}`
                              : peakBytes > mostBytes
                                ? `took ${peakBytes} bytes`
                                : undefined;
                    if (wrong !== undefined)
                        problems.push(
                            `${name} ${one.number} (${one.seed.name}): ${wrong}; ` +
                                `repeat with ${again(kind, one.number)}`,
                        );
                    if (polluted !== undefined) await reader.close();
                }
            }),
        );
        // Every death up to a number, and a sample of the others, through the command itself.
        const sampled =
            onlyNumber === undefined
                ? firstWithCommand(kind, Math.ceil(throughCli / kindNames.length))
                : [caseOf(kind, Number(onlyNumber))];
        let commands = 0;
        for (const one of [...deaths.slice(0, mostDeathsThroughCli), ...sampled])
            if (await checkThroughCli(kind, one, problems)) commands++;
        const seconds = (performance.now() - begin) / 1000;
        console.log(
            `${name}: ${JSON.stringify(Object.fromEntries([...outcomes].sort()))}; ` +
                `slowest ${slowest.milliseconds.toFixed(0)} ms, ` +
                `at most ${(slowest.peakBytes / 2 ** 20).toFixed(0)} MiB; ${commands} through the command line; ` +
                `${seconds.toFixed(0)} s`,
        );
        expect(problems.slice(0, 12).join('\n\n'), `${problems.length} of ${count}`).toBe('');
        expect(readdirSync(canary)).toEqual([]);
    });

    it('a chat that never ends', async () => {
        if (only !== undefined) return;
        const path = join(root, 'endless.gguf');
        writeFileSync(path, endlessModel());
        const begin = performance.now();
        const result = runIn(canary, [
            'respond',
            ...modelArguments.map((argument) => (argument === embeddedModel ? path : argument)),
            '--data',
            join(home, 'questions'),
            '--template',
            'chat',
            '--out',
            join(root, 'endless.json'),
        ]);
        const { code, stderr } = await result;
        expect(code, stderr).toBe(1);
        expect(stderr).toContain('endless.gguf');
        expect(performance.now() - begin).toBeLessThan(30_000); // a hang, not a benchmark: it may take 5 s
    }, 60_000);
});
