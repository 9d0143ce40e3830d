import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { GeneratedAnswer } from '../../src/engine/types/engineTypes.js';
import { backendsOf } from '../../src/engine/Engine.js';
import { MeasuredEngine, type MeasuredOptions } from '../helpers/MeasuredEngine.js';
import { maskOf } from '../helpers/maskOf.js';
import { embeddedModel } from '../helpers/models.js';
import { absentRpc, type RpcServer, startServer } from '../helpers/rpcServers.js';
import { udhrSamples } from '../helpers/texts.js';
import { writeUnquantized } from '../helpers/unquantized.js';
import { writeUpcycled } from '../helpers/upcycled.js';
import { temporaryFolder } from '../helpers/temporaryFolder.js';

const absent = await absentRpc();
const folder = temporaryFolder();
const plain = { count: false, edit: false, edits: false, add: false, head: 'logits' } as const;

/**
 * This machine's CPU as a server computes, to the last bit: a server keeps weights in the order of the file, where ggml
 * may bring those of some types into an order of the processor's own, and then adds up in another order.
 */
const local = { rpc: [], fileOrder: true } as const;

describe.skipIf(absent !== undefined)(`two servers${absent === undefined ? '' : ` (skipped: ${absent})`}`, () => {
    const servers: RpcServer[] = [];
    const models = {
        embedded: embeddedModel,
        unquantized: join(folder, 'unquantized.gguf'),
        experts: join(folder, 'experts.gguf'),
    };
    beforeAll(async () => {
        servers.push(await startServer(), await startServer());
        await writeUpcycled(embeddedModel, models.experts, 8);
        await writeUnquantized(embeddedModel, models.unquantized);
    });
    afterAll(async () => {
        for (const server of servers) await server.kill();
    });

    /** Opens engines, on the servers unless told otherwise, and closes them all. */
    async function withEngines(
        options: readonly Partial<MeasuredOptions>[],
        work: (...engines: MeasuredEngine[]) => Promise<void>,
    ): Promise<void> {
        const engines: MeasuredEngine[] = [];
        const rpc = servers.map(({ endpoint }) => endpoint);
        try {
            for (const given of options) {
                const common = { model: embeddedModel, gpu: 'off', rpc, batchSize: 128 } as const;
                engines.push(await MeasuredEngine.open({ ...common, ...given }));
            }
            await work(...engines);
        } finally {
            for (const engine of engines) engine.close();
        }
    }

    const first = (): Partial<MeasuredOptions> => ({ rpc: [servers[0]!.endpoint] });
    it('hold all layers, some of them each, and say so', () =>
        withEngines([{}, first()], async (both, one) => {
            expect(both.plan).toMatchObject({ gpuLayers: 7, totalLayers: 7 });
            expect(both.notes).toEqual([
                expect.stringContaining('cpu with 2 RPC servers: 7 of 7 layers on the servers'),
            ]);
            const found = backendsOf(both).gpus.map(({ description }) => description);
            expect(found).toEqual(servers.map(({ endpoint }) => endpoint));
            expect(await both.graphSplits(plain)).toBe((await one.graphSplits(plain)) + 1);
        }));

    it.each([
        ['embedded', 'transpose'],
        ['unquantized', 'transpose'],
        ['experts', 'one-hot'],
    ] as const)('the %s model is counted by %s as here, whatever way is wanted', async (name, way) => {
        const model = models[name];
        const samples = await udhrSamples(['en', 'zh'], '29-29');
        await withEngines(
            [
                { model, counting: 'fused' },
                { model, ...local },
            ],
            async (there, here) => {
                expect(new Set(there.sites.map(({ counting }) => counting))).toEqual(new Set([way]));
                expect(new Set(here.sites.map(({ counting }) => counting))).toEqual(new Set(['fused']));
                const [remote, own] = [await there.count(samples), await here.count(samples)];
                expect(remote.tokens).toBe(own.tokens);
                const { counts, tokens } = remote;
                expect(counts.some((site) => site.some((count) => count > 0n && count < tokens))).toBe(true);
                expect(counts).toEqual(own.counts);
                expect(remote.routed).toEqual(own.routed);
            },
        );
    });

    it('counts equal the eval callback on the same servers, integer for integer', async () => {
        const samples = await udhrSamples(['en'], '29-29');
        for (const model of [models.embedded, models.experts]) {
            await withEngines([{ model }, { model, callbackTensor: '*' }], async (adapter, callback) => {
                const [own, reference] = [await adapter.count(samples), await callback.count(samples)];
                expect([own.counts, own.routed]).toEqual([reference.counts, reference.routed]);
            });
        }
    });

    it.each(['unquantized', 'experts'] as const)('edits and scores the %s model as here', async (name) => {
        const samples = await udhrSamples(['en'], '29-29');
        const model = models[name];
        await withEngines([{ model }, { model, ...local }], async (there, here) => {
            const sizes = there.sites.map(({ width, experts }) => width * experts);
            const off = sizes.flatMap((size, i) => Array.from({ length: size / 4 }, (_, j) => [i, 4 * j] as const));
            const scores: number[] = [];
            for (const options of [{}, { edit: maskOf(off, sizes) }]) {
                const [remote, own] = [await there.score(samples, options), await here.score(samples, options)];
                expect(remote.tokens).toBe(own.tokens);
                expect(Math.abs(remote.logProbability / own.logProbability - 1)).toBeLessThan(1e-6);
                scores.push(remote.logProbability);
            }
            expect(scores[1]! / scores[0]!).toBeGreaterThan(1.05); // the edit did something
            const all = { ...plain, count: true, edit: true, edits: true, add: false, head: 'scores' } as const;
            expect(await there.graphSplits(all)).toBe(await there.graphSplits(plain));
        });
    });

    it('generate the answers that are generated here, with and without an edit', async () => {
        const prompts = ['Everyone has the right', 'Jeder hat das Recht'];
        await withEngines([{}, local], async (there, here) => {
            const widths = there.sites.map(({ width }) => width);
            const edits = [
                undefined,
                maskOf(
                    [
                        [0, 1],
                        [0, 2],
                    ],
                    widths,
                ),
            ];
            const asked = prompts.flatMap((text, id) => [0, 1].map((edit) => ({ text, id, edit })));
            const told = async (engine: MeasuredEngine): Promise<string[]> => {
                const answers: GeneratedAnswer[] = [];
                for await (const answer of engine.generate(asked, { edits, maxTokens: 16 })) answers.push(answer);
                return answers.map(({ prompt, edit, text }) => `${prompt} ${edit} ${text}`).sort();
            };
            const answers = await told(there);
            expect(answers.length).toBe(4);
            expect(answers.every((answer) => answer.length > 10)).toBe(true);
            expect(answers).toEqual(await told(here));
        });
    });

    it('hold some layers beside others here', () =>
        withEngines([{ gpuLayers: 3, fileOrder: true }, local], async (some, here) => {
            const ways = some.sites.map(({ counting }) => counting);
            expect(new Set(ways)).toEqual(new Set(['fused', 'transpose']));
            const samples = await udhrSamples(['en'], '29-29');
            const [split, whole] = [await some.count(samples), await here.count(samples)];
            expect(split.counts).toEqual(whole.counts);
        }));

    it('serve an engine on while another of the same process ends', () =>
        withEngines([{}, {}], async (ends, stays) => {
            const text = 'Everyone has the right to rest and leisure.';
            await ends.logits(text);
            const before = await stays.logits(text);
            ends.close(); // frees buffers, with which a server forgets its graphs
            expect(await stays.logits(text)).toEqual(before);
        }));
});
