import {
    closeSync,
    copyFileSync,
    existsSync,
    mkdirSync,
    openSync,
    readdirSync,
    readFileSync,
    truncateSync,
    writeFileSync,
    writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { type CliResult, cli } from '../helpers/cli.js';
import { commandHere } from '../helpers/commandHere.js';
import { openNative } from '../helpers/native.js';
import { embeddedModel } from '../helpers/models.js';
import { writeAborting, writeMamba } from '../helpers/syntheticModels.js';
import { temporaryFolder } from '../helpers/temporaryFolder.js';

const folder = temporaryFolder();
const at = (name: string): string => join(folder, name);
const texts = at('texts');

beforeAll(() => {
    mkdirSync(texts);
    writeFileSync(join(texts, 'en.txt'), 'The farmer eats bread.\nThe girl reads the book.\n');
    writeFileSync(join(texts, 'de.txt'), 'Der Bauer isst das Brot.\nDas Mädchen liest das Buch.\n');
    copyFileSync(embeddedModel, at('truncated.gguf'));
    truncateSync(at('truncated.gguf'), 1_000_000);
    copyFileSync(embeddedModel, at('garbage.gguf'));
    // The tensor table comes last before the weights; the name of a tensor in it finds it.
    const table = readFileSync(embeddedModel).indexOf('blk.0.ffn_gate.weight');
    const file = openSync(at('garbage.gguf'), 'r+');
    writeSync(file, Buffer.alloc(600, 0xa7), 0, 600, table);
    closeSync(file);
    writeFileSync(at('text.gguf'), 'this is not a model');
    writeMamba(at('mamba.gguf'));
    writeAborting(at('aborting.gguf'));
    writeFileSync(at('file'), '');
    const aliases = (name: string, of: string): string => `${name}: &${name} [${Array(9).fill(of).join(', ')}]\n`;
    writeFileSync(
        at('bomb.yaml'),
        ['a', 'b', 'c', 'd', 'e', 'f', 'g']
            .map((name, i, names) => aliases(name, i === 0 ? 'x' : `*${names[i - 1]!}`))
            .join(''),
    );
    writeFileSync(at('key.yaml'), 'model: m\ndata: udhr\nout: o\naccuracy: {questions: mgsm, limt: 5}\n');
    for (const [name, content] of Object.entries({
        empty: '\n\n',
        latin1: Buffer.from('Gr\xfcn ist gut\n', 'latin1'),
    })) {
        mkdirSync(at(name));
        writeFileSync(join(at(name), 'en.txt'), 'The farmer eats bread.\n');
        writeFileSync(join(at(name), 'de.txt'), content);
    }
    mkdirSync(at('english'));
    writeFileSync(join(at('english'), 'en.txt'), 'The farmer eats bread.\n');
});

/** One line, naming what it must, and nothing on stdout. */
function expectOneLine({ stdout, stderr }: CliResult, words: readonly string[]): void {
    expect(stdout).toBe('');
    const lines = stderr.split('\n').filter((line) => line.startsWith('language-neurons: '));
    expect(lines, stderr).toHaveLength(1);
    for (const word of words) expect(lines[0]).toContain(word);
    expect(stderr).not.toMatch(/^\s+at /m); // no stack
}

const collect = (model: string, data: string, out: string, ...more: string[]): string[] => [
    'collect',
    '--gpu',
    'off',
    '--model',
    model,
    '--data',
    data,
    '--out',
    out,
    '--json',
    ...more,
];

describe('bad input ends in one line that names the file and the mend', () => {
    it.each([
        {
            what: 'no such model',
            args: () => collect(at('none.gguf'), texts, at('out')),
            words: ['none.gguf', 'no such'],
        },
        {
            what: 'a truncated GGUF',
            args: () => collect(at('truncated.gguf'), texts, at('out')),
            words: ['truncated.gguf', 'download or convert it again'],
        },
        {
            what: 'garbage in the tensor table',
            args: () => collect(at('garbage.gguf'), texts, at('out')),
            words: ['garbage.gguf', 'download or convert it again'],
        },
        {
            what: 'a file that is no GGUF',
            args: () => collect(at('text.gguf'), texts, at('out')),
            words: ['text.gguf', 'download or convert it again'],
        },
        {
            what: 'an architecture without FFN',
            args: () => collect(at('mamba.gguf'), texts, at('out')),
            words: ['mamba.gguf', "'mamba'", 'not supported'],
        },
        {
            what: 'no such data',
            args: () => collect(embeddedModel, at('nothing'), at('out')),
            words: ['nothing', 'no such file or folder'],
        },
        {
            what: 'an empty language',
            args: () => collect(embeddedModel, at('empty'), at('out')),
            words: [join('empty', 'de.txt'), 'holds no text'],
        },
        {
            what: 'invalid UTF-8',
            args: () => collect(embeddedModel, at('latin1'), at('out')),
            words: [join('latin1', 'de.txt'), 'line 1', 'UTF-8'],
        },
        {
            what: 'a language that is not there',
            args: () => collect(embeddedModel, texts, at('out'), '--languages', 'en,fr'),
            words: ['fr', 'en, de'],
        },
        {
            what: 'a language in only one of two sources',
            args: () => collect(embeddedModel, texts, at('out'), '--data', at('english')),
            words: ['english', 'de'],
        },
        {
            what: 'an unwritable folder',
            args: () => collect(embeddedModel, texts, at('file/out')),
            words: ['file/out', 'cannot be written', 'choose another folder'],
        },
        {
            what: 'identify without counts',
            args: () => ['identify', at('nowhere')],
            words: ['nowhere', 'no such file'],
        },
        {
            what: 'identify of a file',
            args: () => ['identify', at('file')],
            words: ['file/activations.safetensors', 'a part of the path is a file', 'give the folder'],
        },
        {
            what: 'a report without analysis',
            args: () => ['report', at('nowhere')],
            words: ['nowhere', 'no such file'],
        },
        { what: 'no such configuration', args: () => ['run', at('none.yaml')], words: ['none.yaml'] },
        { what: 'an empty configuration', args: () => ['run', at('file')], words: ['file', 'is empty'] },
        {
            what: 'a configuration that is a folder',
            args: () => ['run', texts],
            words: ['texts', 'give the path of a YAML configuration'],
        },
        {
            what: 'a model for a configuration',
            args: () => ['run', embeddedModel],
            words: ['base.gguf', 'give the path of a YAML configuration'],
        },
        {
            what: 'a configuration of aliases of aliases',
            args: () => ['run', at('bomb.yaml')],
            words: ['bomb.yaml', 'alias'],
        },
        {
            what: 'an unknown key',
            args: () => ['run', at('key.yaml')],
            words: ['key.yaml', 'accuracy: unknown key limt; did you mean limit?'],
        },
        {
            what: 'a missing LoRA adapter',
            args: () => collect(embeddedModel, texts, at('out'), '--lora', at('none.gguf')),
            words: ['none.gguf'],
        },
        {
            what: 'a LoRA adapter that is none',
            args: () => collect(embeddedModel, texts, at('out'), '--lora', embeddedModel),
            words: ['not a LoRA adapter'],
        },
    ])('$what: exit 1', async ({ args, words }) => {
        const result = await commandHere(...args());
        expect(result.code, result.stderr).toBe(1);
        expectOneLine(result, words);
        // Nothing half-written: at most the folder itself.
        expect(existsSync(at('out')) ? readdirSync(at('out')).filter((name) => name !== 'parts') : []).toEqual([]);
    });

    // What parseArguments refuses is held by tests/unit/commands.
    it.each([
        { what: 'no command', args: [], words: ['language-neurons run'] },
        {
            what: 'two datasets of questions',
            args: ['deactivate', 'x', '--model', 'y', '--data', 'mgsm', '--data', 'msvamp', '--metric', 'accuracy'],
        },
        {
            what: 'a language twice',
            args: ['collect', '--model', embeddedModel, '--data', 'udhr', '--languages', 'en,en', '--out', 'x'],
        },
        {
            what: 'an endless scale',
            args: ['inspect', embeddedModel, '--lora', 'a.gguf:1e999'],
            words: ['--lora', '1e999'],
        },
        { what: 'a wrong range', args: ['collect', '--model', embeddedModel, '--data', 'udhr:x', '--out', 'x'] },
    ])('$what: exit 2', async ({ args, words = [] }: { args: string[]; words?: string[] }) => {
        const result = await commandHere(...args);
        expect(result.code, result.stderr).toBe(2);
        expectOneLine(result, words);
    });

    it.each([
        { what: 'the command first', args: () => ['inspect', at('aborting.gguf'), '--gpu', 'off'] },
        { what: 'an option first', args: () => ['--json', 'inspect', at('aborting.gguf'), '--gpu', 'off'] },
        { what: 'the model first', args: () => ['--gpu', 'off', '--json', 'inspect', at('aborting.gguf')] },
    ])('an assertion inside llama.cpp, $what: exit 1, with its reason', async ({ args }) => {
        const result = await cli(...args());
        expect(result.code, result.stderr).toBe(1);
        expectOneLine(result, ['aborting.gguf', 'GGML_ASSERT', 'download or convert the model again']);
    });

    it('a report on a matrix of other neurons leaves it out and says so', async () => {
        const out = at('stale');
        expect((await commandHere(...collect(embeddedModel, texts, out))).code).toBe(0);
        expect((await commandHere('identify', out, '--top-rate', '0.1')).code).toBe(0);
        expect(
            (
                await commandHere(
                    'deactivate',
                    out,
                    '--model',
                    embeddedModel,
                    '--data',
                    texts,
                    '--gpu',
                    'off',
                    '--sets',
                    'specific',
                )
            ).code,
        ).toBe(0);
        expect((await commandHere('report', out)).code).toBe(0);
        expect((await commandHere('identify', out, '--top-rate', '0.01')).code).toBe(0);
        const result = await commandHere('report', out);
        expect(result.code).toBe(0);
        expect(result.stderr.trim().split('\n')).toEqual([
            expect.stringMatching(/ppl\.matrix\.json.*run deactivate again/),
        ]);
    });

    it('an analysis of another model: exit 1, before any work', async () => {
        const out = at('analysed');
        expect((await commandHere(...collect(embeddedModel, texts, out))).code).toBe(0);
        expect((await commandHere('identify', out, '--top-rate', '0.1')).code).toBe(0);
        const neurons = join(out, 'neurons.json');
        const analysis = JSON.parse(readFileSync(neurons, 'utf8')) as { widths: number[] };
        writeFileSync(neurons, JSON.stringify({ ...analysis, widths: analysis.widths.map((width) => width + 8) }));
        const result = await commandHere('deactivate', out, '--model', embeddedModel, '--data', texts, '--gpu', 'off');
        expect(result.code).toBe(1);
        expectOneLine(result, ['base.gguf', 'give the model that was analysed']);
    });
});

it.each([-1, 1024, 99_999, -(2 ** 31), 2 ** 31 - 1])('token %d of 1,024 has no text', async (token) => {
    const model = await openNative(embeddedModel);
    await expect(model.detokenize([Int32Array.of(5), Int32Array.of(5, token)])).rejects.toMatchObject({
        code: 'WRONG_USE',
        message: expect.stringContaining(`no token ${token}`) as string,
    });
    expect(await model.detokenize([Int32Array.of(1023, 0)])).toHaveLength(1);
    model.close();
});
