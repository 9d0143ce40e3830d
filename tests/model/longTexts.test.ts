import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { uniformInt } from 'pure-rand/distribution/uniformInt';
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';
import { beforeAll, describe, expect, it } from 'vitest';
import { Engine } from '../../src/engine/Engine.js';
import { MeasuredEngine } from '../helpers/MeasuredEngine.js';
import { commandHere } from '../helpers/commandHere.js';
import { LlamaLibraries } from '../helpers/LlamaLibraries.js';
import { startServer } from '../helpers/served.js';
import { writeBpe } from '../helpers/vocabularies.js';
import { temporaryFolder } from '../helpers/temporaryFolder.js';

// std::regex, which llama.cpp splits texts with, recurses for every character of a match.

const folder = temporaryFolder();
const at = (name: string): string => join(folder, name);

/** One pre-tokenizer for each way of splitting that llama.cpp has, of those with expressions for std::regex. */
const preTokenizers = [
    ...['default', 'gpt-4o', 'llama4', 'tekken', 'deepseek-llm', 'deepseek-coder', 'deepseek-v3', 'youtu', 'bloom'],
    ...['viking', 'falcon', 'starcoder', 'chameleon', 'jais-2', 'tiny_aya', 'superbpe', 'bailingmoe', 'seed-coder'],
    ...['exaone-moe', 'afmoe', 'minicpm5', 'granite-embed-multi-97m', 'minimax-m2', 'hunyuan-dense'],
];

/** Runs of one kind of characters, which are one match. */
const runs: Readonly<Record<string, string>> = {
    capitals: 'A',
    letters: 'a',
    digits: '7',
    blanks: ' ',
    lines: '\n',
    'lines of Windows': '\r\n',
    Chinese: '语',
    Thai: 'ก',
    accents: '\u0301',
    emoji: '😀',
    signs: '=',
    dots: '.',
    'words and blanks': 'ab ',
};

const openBpe = (pre: string): Promise<Engine> =>
    Engine.open({ model: at(`${pre}.gguf`), gpu: 'off', windowSize: 64, batchSize: 64, threads: 1 });

beforeAll(() => {
    for (const pre of preTokenizers) writeBpe(at(`${pre}.gguf`), pre);
});

/** Characters of all kinds in runs of up to 600. */
function mixedText(seed: number): string {
    const random = xoroshiro128plus(seed);
    const kinds = [
        ...Object.values(runs),
        "'s",
        "'LL",
        'Ab',
        '\t',
        'é',
        '１',
        '½',
        '。',
        '«',
        '(',
        '/',
        'x y',
        '\u00a0',
    ];
    return Array.from({ length: 150 }, () => {
        const longest = [1, 3, 20, 600][uniformInt(random, 0, 3)]!;
        return kinds[uniformInt(random, 0, kinds.length - 1)]!.repeat(uniformInt(random, 1, longest));
    }).join('');
}

describe.skipIf(process.platform === 'win32')("texts of long runs have the tokens that llama.cpp's own library", () => {
    let libraries: LlamaLibraries;
    beforeAll(async () => {
        libraries = await LlamaLibraries.build(folder);
    });

    it.each(preTokenizers)('makes of them with %s', async (pre) => {
        const texts = [
            ...Object.values(runs)
                .filter((text) => pre !== 'superbpe' || text !== '7') // takes the square of the length
                .map((text) => text.repeat(27_000)),
            ...Array.from({ length: 8 }, (_, seed) => mixedText(seed)),
        ];
        const files = texts.map((text, i) => {
            writeFileSync(at(`${pre}.${i}.txt`), text);
            return at(`${pre}.${i}.txt`);
        });
        const theirs = libraries.tokens('theirs', at(`${pre}.gguf`), files);
        const engine = await openBpe(pre);
        try {
            for (const [i, text] of texts.entries()) {
                expect([...(await engine.tokenize(text))], JSON.stringify(text.slice(0, 20))).toEqual(theirs[i]);
            }
        } finally {
            engine.close();
        }
    });
});

describe('a text of one long run', () => {
    const run = 'A'.repeat(27_000);

    it('of a million characters, by the library', async () => {
        const engine = await openBpe('gpt-4o');
        try {
            expect((await engine.tokenize('A'.repeat(1_000_000))).length).toBe(500_000);
        } finally {
            engine.close();
        }
    });

    it('is counted by the command line', async () => {
        mkdirSync(at('texts'));
        for (const language of ['en', 'de']) writeFileSync(join(at('texts'), `${language}.txt`), `${run}\n`);
        const out = at('out');
        const call = ['collect', '--gpu', 'off', '--model', at('llama4.gguf'), '--data', at('texts'), '--out', out];
        const { code, stdout, stderr } = await commandHere(...call, '--json');
        expect(code, stderr).toBe(0);
        expect((JSON.parse(stdout) as { tokens: Record<string, number> }).tokens).toEqual({ en: 13_500, de: 13_500 });
    });

    it('is answered by the server, which goes on', async () => {
        const engine = await MeasuredEngine.open({ model: at('tekken.gguf'), gpu: 'off', windowSize: 64 });
        const server = await startServer(engine);
        const post = async (path: string, body: unknown): Promise<{ status: number; body: unknown }> => {
            const response = await fetch(new URL(path, server.url), {
                method: 'POST',
                headers: { 'content-type': 'application/json' },
                body: JSON.stringify(body),
            });
            return { status: response.status, body: await response.json() };
        };
        try {
            const plain = { prompt: run, add_special_tokens: false };
            expect(await post('/tokenize', plain)).toMatchObject({ status: 200, body: { count: 13_500 } });
            const asked = { model: 'whole', max_tokens: 2 };
            expect(await post('/v1/completions', { ...asked, prompt: run })).toMatchObject({ status: 400 });
            expect(await post('/v1/completions', { ...asked, prompt: 'AB' })).toMatchObject({ status: 200 });
        } finally {
            await server.end();
            engine.close();
        }
    });
});
