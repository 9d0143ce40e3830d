import { execFileSync, spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync, readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { ensureBuilt } from '../../scripts/build/ensure.mjs';
import type { NativeMode } from '../../src/engine/native/addon.js';
import { Engine } from '../../src/engine/Engine.js';
import { loadBackends } from '../../src/engine/native/loadBackends.js';
import { embeddedModel } from '../helpers/models.js';
import { mixedBatch, openNative, smallContext } from '../helpers/native.js';
import { writeUnknownArchitecture, writeWidths } from '../helpers/syntheticModels.js';
import { temporaryFolder } from '../helpers/temporaryFolder.js';

const folder = temporaryFolder();
const at = (name: string): string => join(folder, name);
const words = ['alloc-out of memory', 'unknown model architecture'];

beforeAll(() => {
    for (const word of words) {
        mkdirSync(at(word));
        writeFileSync(join(at(word), `${word}.gguf`), 'this is no model');
        copyFileSync(embeddedModel, join(at(word), 'truncated.gguf'));
        truncateSync(join(at(word), 'truncated.gguf'), 1_000_000);
        writeUnknownArchitecture(join(at(word), 'unknown.gguf'));
    }
    writeWidths(at('model.gguf'), [64, 96]);
});

const failureOf = (path: string): Promise<Error & { code: string }> =>
    openNative(path).then(
        () => expect.fail(`${path} loads`),
        (cause: Error & { code: string }) => cause,
    );

/** model.gguf with another value of a u32 key of its header. */
function writeWith(name: string, key: string, value: number): string {
    const bytes = readFileSync(at('model.gguf'));
    bytes.writeUInt32LE(value, bytes.indexOf(key) + key.length + 4); // behind the key's type
    writeFileSync(at(name), bytes);
    return at(name);
}

describe('what a header says that would stop ggml, or never let it end, is refused', () => {
    it.each([
        { key: 'openelm.rope.dimension_count', value: 0, says: '0 rotary dimensions' },
        { key: 'openelm.rope.dimension_count', value: 15, says: '15 rotary dimensions' },
        { key: 'openelm.rope.dimension_count', value: 4096, says: '4096 rotary dimensions of heads of 16' },
        { key: 'openelm.attention.layer_norm_rms_epsilon', value: 0xbf800000, says: 'an epsilon of -1' },
        { key: 'openelm.vocab_size', value: 134_217_792, says: 'a vocabulary of 134217792 tokens' },
        { key: 'openelm.attention.value_length', value: 6_684_688, says: 'keys and values of [0-9]+ bytes a token' },
    ])('$says', async ({ key, value, says }) => {
        const model = writeWith(`${value}.gguf`, key, value);
        const failure = Engine.open({ model, gpu: 'off', batchSize: 16, contextSize: 32, threads: 1 });
        await expect(failure).rejects.toMatchObject({
            code: 'DAMAGED',
            message: expect.stringMatching(new RegExp(`^${model}: .*${says}`)),
        });
    });
});

describe('why a model does not load is told by its cause, not by words in its path', () => {
    it.each(words)('a damaged file called "%s" is damaged', async (word) => {
        for (const name of [`${word}.gguf`, 'truncated.gguf']) {
            expect(await failureOf(join(at(word), name))).toMatchObject({
                code: 'DAMAGED',
                message: expect.stringContaining(word),
            });
        }
    });

    it.each(words)('an unknown architecture in "%s" is unsupported', async (word) => {
        expect(await failureOf(join(at(word), 'unknown.gguf'))).toMatchObject({
            code: 'UNSUPPORTED',
            message: expect.stringContaining('nosuch'),
        });
    });

    it('a LoRA adapter in such a folder likewise', async () => {
        const { addon } = await loadBackends('off');
        const path = join(at(words[0]!), 'lora.gguf');
        writeFileSync(path, 'no adapter');
        await expect(
            addon.loadModel({
                path: at('model.gguf'),
                devices: [],
                gpuLayers: 0,
                split: 'layer',
                mainGpu: 0,
                cpuExperts: 0,
                loras: [{ path, scale: 1 }],
            }),
        ).rejects.toMatchObject({ code: 'DAMAGED' });
    });
});

describe('many at work in one process', () => {
    it('each failure has its own reason, whatever the others do', async () => {
        const damaged = join(at(words[0]!), `${words[0]!}.gguf`);
        const unknown = join(at(words[1]!), 'unknown.gguf');
        const model = await openNative(at('model.gguf'));
        const context = await model.createContext({ ...smallContext, threads: 1 });
        const mode: NativeMode = { count: true, edit: false, edits: false, add: false, head: 'logits' };
        await context.setMode(mode);
        let working = true;
        // One engine decodes all the while and another one opens good files: both begin many native calls.
        const decodes = (async () => {
            for (let i = 0; working; i++) await context.decode(mixedBatch(64, i));
        })();
        const opens = (async () => {
            while (working) (await openNative(at('model.gguf'))).close();
        })();
        for (let round = 0; round < 100; round++) {
            const failures = await Promise.all([damaged, unknown, damaged, unknown].map(failureOf));
            for (const [i, { message }] of failures.entries()) {
                const [, reason] = /\((.*)\);/s.exec(message)!;
                if (i % 2 === 0) {
                    expect(reason).toMatch(/invalid magic characters.*failed to load model from/s);
                    expect(reason).not.toContain('nosuch');
                } else {
                    expect(reason).toContain("unknown model architecture: 'nosuch'");
                    expect(reason).not.toContain('invalid magic');
                }
            }
        }
        working = false;
        await Promise.all([decodes, opens]);
        context.close();
        model.close();
    });
});

describe('an abort', () => {
    const open = async (): Promise<Awaited<ReturnType<Awaited<ReturnType<typeof openNative>>['createContext']>>> => {
        const model = await openNative(at('model.gguf'));
        const context = await model.createContext(smallContext);
        model.close();
        await context.setMode({ count: true, edit: false, edits: false, add: false, head: 'logits' });
        return context;
    };
    const batch = mixedBatch(64, 1);

    it('right after the call holds, and only for that one', async () => {
        const context = await open();
        for (let round = 0; round < 20; round++) {
            await context.reset();
            const decoding = context.decode(batch);
            context.abort();
            await expect(decoding).rejects.toMatchObject({ code: 'ABORTED' });
            const sampling = context.sample(batch, {
                rows: Int32Array.of(3),
                sequences: Int32Array.of(0),
                uniforms: Float64Array.of(0.5),
                edits: Int32Array.of(0),
                temperatures: Float64Array.of(1),
                steps: 1,
                ends: Int32Array.of(),
            });
            context.abort();
            await expect(sampling).rejects.toMatchObject({ code: 'ABORTED' });
            await context.reset();
            await expect(context.decode(batch)).resolves.toBeInstanceOf(Float64Array);
        }
        context.close();
    });

    it('with nothing at work stops nothing', async () => {
        const context = await open();
        context.abort();
        await expect(context.decode(batch)).resolves.toBeInstanceOf(Float64Array);
        context.close();
    });
});

const hasPrlimit = process.platform === 'linux' && spawnSync('prlimit', ['--version']).status === 0;
// The sanitizers reserve address space of their own, so that it cannot be limited.
const sanitized = process.env.LANGUAGE_NEURONS_BUILD === 'sanitize';

describe.skipIf(!hasPrlimit || sanitized)('splits of a graph that cannot be reserved', () => {
    it('are an error, not a number', async () => {
        const built = await ensureBuilt();
        const model = at('wide.gguf');
        writeWidths(model, [64], {}, 65_536);
        const script = at('splits.cjs');
        // Counting needs little; scores want the logits of a whole batch, 1 GiB, for which no address space is left.
        writeFileSync(
            script,
            `
            const { execFileSync } = require('node:child_process');
            const addon = require(${JSON.stringify(built.addonPath)});
            addon.loadBackends(${JSON.stringify(built.ggmlDir)});
            (async () => {
                const model = await addon.loadModel({
                    path: ${JSON.stringify(model)}, devices: [], gpuLayers: 0, split: 'layer', mainGpu: 0,
                    cpuExperts: 0, loras: [],
                });
                const context = await model.createContext({
                    contextSize: 4096, batchSize: 4096, sequences: 1, streams: false, threads: 1,
                    counting: 'automatic', countOnly: true, edits: 1, offsets: false, callbackTensor: '' });
                const status = require('node:fs').readFileSync('/proc/self/status', 'utf8');
                const size = Number(/VmSize:\\s*(\\d+)/.exec(status)[1]) * 1024;
                execFileSync('prlimit', ['--pid', String(process.pid), '--as=' + (size + 400 * 1024 * 1024)]);
                const mode = { count: true, edit: true, edits: false, add: false, head: 'scores' };
                const said = await context.graphSplits(mode).catch((error) => error.code);
                process.stdout.write(String(said));
            })();
        `,
        );
        expect(execFileSync(process.execPath, [script], { encoding: 'utf8' })).toBe('OUT_OF_MEMORY');
    });
});
