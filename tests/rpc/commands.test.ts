import { once } from 'node:events';
import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readActivations } from '../../src/activations/activationsFile.js';
import { cli, sees, startCli } from '../helpers/cli.js';
import { embeddedModel } from '../helpers/models.js';
import { absentRpc, freePort, type RpcServer, startServer } from '../helpers/rpcServers.js';
import { temporaryFolder } from '../helpers/temporaryFolder.js';
import { writeUnquantized } from '../helpers/unquantized.js';

const absent = await absentRpc();
const folder = temporaryFolder();
const at = (name: string): string => join(folder, name);
const model = ['--model', embeddedModel, '--gpu', 'off'];
/** In F32, since ggml may bring quantized weights into an order of the processor's own here, and not there. */
const unquantized = ['--model', at('unquantized.gguf'), '--gpu', 'off'];
const lines = {
    en: 'Everyone has the right to rest and leisure.',
    de: 'Jeder hat das Recht auf Erholung und Freizeit.',
};

describe.skipIf(absent !== undefined)(`commands${absent === undefined ? '' : ` (skipped: ${absent})`}`, () => {
    const servers: RpcServer[] = [];
    beforeAll(async () => {
        servers.push(await startServer(), await startServer());
        await writeUnquantized(embeddedModel, at('unquantized.gguf'));
        for (const [name, times] of [
            ['short', 20],
            ['long', 1200],
        ] as const) {
            mkdirSync(at(name));
            for (const [language, line] of Object.entries(lines)) {
                writeFileSync(join(at(name), `${language}.txt`), `${line} ${language}\n`.repeat(times));
            }
        }
    });
    afterAll(async () => {
        for (const server of servers) await server.kill();
    });
    const rpc = (): string[] => ['--rpc', servers.map(({ endpoint }) => endpoint).join()];

    it('go the whole way as they do here', async () => {
        const values: number[][] = [];
        for (const [name, options] of [
            ['here', []],
            ['there', rpc()],
        ] as const) {
            const done = async (...args: string[]): Promise<string> => {
                const { code, stdout, stderr } = await cli(...args, '--json');
                expect(code, stderr).toBe(0);
                return stdout;
            };
            await done('collect', ...unquantized, ...options, '--data', at('short'), '--out', at(name));
            await done('identify', at(name), '--top-rate', '0.1');
            const deactivate = ['deactivate', at(name), ...unquantized, ...options, '--data', at('short')];
            const matrix = JSON.parse(await done(...deactivate, '--sets', 'specific+related', '--controls', '1')) as {
                sets: Record<string, { values: number[][] }>;
            };
            values.push(matrix.sets['specific+related']!.values.flat());
        }
        const [here, there] = [await readActivations(at('here')), await readActivations(at('there'))];
        expect([there.counts, there.tokens]).toEqual([here.counts, here.tokens]);
        expect(here.source.versions.backend).toBe('cpu');
        expect(there.source.versions.backend).toBe('cpu with 2 RPC servers');
        for (const [i, value] of values[1]!.entries()) expect(value / values[0]![i]!).toBeCloseTo(1, 5);
    });

    it('end in one line when a server is lost, keep what is finished, and continue on servers elsewhere', async () => {
        const collect = (...options: string[]): string[] => [
            'collect',
            ...model,
            ...options,
            '--data',
            at('long'),
            '--out',
            at('lost'),
        ];
        const { child, ended } = startCli(collect(...rpc()));
        await sees(child, 'count de (2 of 2): 60 %');
        const lost = servers.pop()!;
        await lost.kill();
        const start = performance.now();
        const { code, stderr } = await ended;
        expect(performance.now() - start).toBeLessThan(5000);
        expect(code).toBe(1);
        const words = stderr.split(/[\r\n]/).filter((line) => line.startsWith('language-neurons:'));
        expect(words).toEqual([
            `language-neurons: RPC server ${lost.endpoint} was lost; check that the servers of --rpc are running; ` +
                'finished parts are kept; run the same command again to continue',
        ]);
        expect(stderr.trim().endsWith(words[0]!)).toBe(true);
        expect(existsSync(join(at('lost'), 'activations.safetensors'))).toBe(false);
        expect(readdirSync(join(at('lost'), 'parts')).map((name) => name.split('.')[0])).toContain('en');

        const dead = await cli(...collect('--rpc', [...servers, lost].map(({ endpoint }) => endpoint).join()));
        expect([dead.code, dead.stderr]).toEqual([
            1,
            expect.stringMatching(
                new RegExp(`^language-neurons: RPC server ${lost.endpoint}: no connection \\(.*\\); check that .*\\n$`),
            ),
        ]);

        servers.push(await startServer());
        const again = await cli(...collect(...rpc()));
        expect(again.code, again.stderr).toBe(0);
        expect(again.stderr).toContain('en: continues after 1200 of 1200 texts');
        expect((await cli('collect', ...model, '--data', at('long'), '--out', at('whole'))).code).toBe(0);
        const [continued, whole] = [await readActivations(at('lost')), await readActivations(at('whole'))];
        expect(continued.counts).toEqual(whole.counts);
    });

    it('are told that a server is busy, and that one has none', async () => {
        const [host, port] = servers[0]!.endpoint.split(':');
        const held = connect({ host: host!, port: Number(port) });
        await once(held, 'connect');
        const other = await cli('inspect', embeddedModel, '--gpu', 'off', ...rpc());
        const busy = 'no answer in 5 s (it serves one program at a time)';
        expect([other.code, other.stderr]).toEqual([1, expect.stringContaining(busy)]);
        held.destroy();

        const wrong = await cli('inspect', embeddedModel, '--gpu', 'off', '--rpc', 'localhost');
        const takes = 'rpc takes servers as host:port, not "localhost"';
        expect([wrong.code, wrong.stderr]).toEqual([2, expect.stringContaining(takes)]);
    });

    it('are other results than those made here, the same with servers elsewhere', async () => {
        const here = await cli('collect', ...unquantized, '--data', at('short'), '--out', at('there'));
        const differ = 'holds finished counts that differ in device cpu';
        expect([here.code, here.stderr]).toEqual([1, expect.stringContaining(differ)]);
        await servers.pop()!.kill();
        servers.push(await startServer());
        const there = await cli('collect', ...unquantized, ...rpc(), '--data', at('short'), '--out', at('there'));
        expect([there.code, there.stderr]).toEqual([0, expect.stringContaining('already holds the counts')]);
    });

    it('rpc-server listens on the loopback address alone, and says where it cannot', async () => {
        const port = await freePort();
        const server = await startServer(port);
        const taken = await cli('rpc-server', '--port', String(port), '--gpu', 'off');
        expect([taken.code, taken.stderr]).toEqual([
            1,
            expect.stringMatching(
                new RegExp(`^language-neurons: 127.0.0.1:${port}: cannot listen there \\(.*EADDRINUSE.*\\)`),
            ),
        ]);
        await server.kill();
        const elsewhere = await cli('rpc-server', '--host', '192.0.2.1', '--gpu', 'off');
        const unheard = '192.0.2.1:50052: cannot listen there';
        expect([elsewhere.code, elsewhere.stderr]).toEqual([1, expect.stringContaining(unheard)]);
        const open = ['rpc-server', '--host', '0.0.0.0', '--port', String(await freePort()), '--gpu', 'off'];
        const { child, ended } = startCli(open);
        await sees(child, 'warning: whoever reaches this address can use this machine');
        child.kill('SIGINT');
        expect((await ended).code).toBe(130);
    });
});
