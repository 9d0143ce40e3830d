import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { writeActivations } from '../../../src/activations/activationsFile.js';
import { writePart } from '../../../src/activations/collectedPart.js';
import { writeEffects } from '../../../src/effects/effectsFile.js';
import { writeLens } from '../../../src/lens/lensFile.js';
import { embeddedAdapter, embeddedModel } from '../../../src/run/embeddedRun.js';
import { writeUngated, writeWidths } from '../../helpers/syntheticModels.js';
import { countsFile, dictionary, ints, number, tensor, torchFile } from '../../helpers/torchFiles.js';
import { modelArguments } from '../inputs.js';
import { endlessTemplate, ggufMutations } from './gguf.js';
import { json, type Mutation, safetensors, torch, tsv, yaml } from './mutate.js';

/** A sound file that is mutated. */
export interface Seed {
    /** Name that the file needs in its folder. */
    readonly name: string;
    /** Reader of worker.mjs. */
    readonly reader: string;
    readonly bytes: Buffer;
    readonly mutations: readonly Mutation[];
    /** The command that reads it, `run` being its folder; undefined where it needs more around it than its folder. */
    readonly command?: ((path: string, folder: string) => readonly string[]) | undefined;
}

export interface Kind {
    readonly name: string;
    /** Share of all mutated inputs, in percent. */
    readonly percent: number;
    readonly seeds: readonly Seed[];
}

/** @param home folder of a finished run with its inputs, see `writeHome` */
export async function kindsOf(home: string): Promise<readonly Kind[]> {
    const made = join(home, 'made');
    mkdirSync(made, { recursive: true });
    const read = (...path: string[]): Buffer => readFileSync(join(home, ...path));
    const counting = (model: string, out: string, ...more: string[]): string[] => [
        'collect',
        '--gpu',
        'off',
        '--threads',
        '1',
        '--model',
        model,
        '--data',
        join(home, 'evaluate'),
        '--out',
        out,
        ...more,
    ];

    const model = (name: string, reader: string, bytes: Buffer): Seed => ({
        name,
        reader,
        bytes,
        mutations: ggufMutations(bytes),
        command: (path, folder) => counting(path, join(folder, 'out')),
    });
    writeWidths(join(made, 'widths.gguf'), [64, 96]);
    writeUngated(join(made, 'ungated.gguf'), 2, 64);
    const base = model('model.gguf', 'gguf', readFileSync(embeddedModel));
    const adapter = readFileSync(embeddedAdapter);

    const counts = {
        counts: [BigInt64Array.of(1n, 2n, 3n, 4n), BigInt64Array.of(0n, 1n)],
        tokens: BigInt64Array.of(5n, 6n),
    };
    const twice = {
        counts: counts.counts.map((layer) => layer.map((count) => 2n * count)),
        tokens: counts.tokens.map((n) => 2n * n),
    };
    const source = {
        model: { name: 'm', architecture: 'a', quantization: 'q', fingerprint: 'f' },
        dataset: { name: 'd', hash: 'h' },
        versions: {},
    };
    await writeActivations(join(made, 'plain.safetensors'), { languages: ['en', 'de'], ...counts, source });
    await writeActivations(join(made, 'folds.safetensors'), {
        languages: ['en', 'de'],
        ...twice,
        folds: [counts, counts],
        source,
    });
    await writeEffects(made, {
        model: 'f',
        tokens: { 7: 'the', 9: '\udce4\udcbd' },
        neurons: [{ neuron: [0, 1], raised: [[7, 1.5]], lowered: [[9, -0.25]] }],
    });
    await writeLens(made, {
        ...{ model: 'f', data: ['udhr'], english: 'en', key: 'k' },
        languages: [{ language: 'de', tokens: 4, layers: [{ english: 1, own: 2, other: 0, untold: 1 }] }],
    });
    await writePart(join(made, 'part.safetensors'), {
        key: 'k',
        samples: 3,
        characters: 70,
        tokens: 9n,
        counts: counts.counts,
        routed: counts.counts.map(() => new BigInt64Array(0)),
    });
    const lape = dictionary({ n: number(9), over_zero: tensor({ shape: [2, 2], storage: 'IntStorage' }) });
    const pt = (bytes: Buffer): Seed => ({
        name: 'activation.en.pt',
        reader: 'torch',
        bytes,
        mutations: torch,
        command: (_, folder) => ['import', folder, '--out', join(folder, 'out')],
    });
    const safe = (file: string, reader: string): Seed => ({
        name: 'activations.safetensors',
        reader,
        bytes: read('made', file),
        mutations: safetensors,
        ...(reader === 'activations' ? { command: (_: string, folder: string) => ['identify', folder] } : {}),
    });
    const texts = (name: string, bytes: Buffer, mutations: readonly Mutation[] = json): Seed => ({
        name,
        reader: 'corpus',
        bytes,
        mutations,
        command: (path, folder) => ['collect', ...modelArguments, '--data', path, '--out', join(folder, 'out')],
    });
    const asked = (name: string, bytes: Buffer, mutations: readonly Mutation[]): Seed => ({
        name,
        reader: 'questions',
        bytes,
        mutations,
        command: (_, folder) => [
            'respond',
            ...modelArguments,
            '--data',
            folder,
            '--max-tokens',
            '2',
            '--limit',
            '1',
            '--out',
            join(folder, 'out.json'),
        ],
    });
    const lines = (rows: readonly object[]): Buffer =>
        Buffer.from(rows.map((row) => `${JSON.stringify(row)}\n`).join(''));
    const result = (name: string, reader: string): Seed => ({
        name,
        reader,
        bytes: read('run', name),
        mutations: json,
        command:
            reader === 'neurons' ? (_, folder) => ['compare', folder, folder, '--out', join(folder, 'out')] : undefined,
    });
    const journals = readdirSync(join(home, 'run'))
        .filter((name) => /^(ppl|accuracy)\..*\.jsonl$/.test(name))
        .map((name): Seed => ({
            name,
            reader: name.startsWith('ppl') ? 'perplexity' : 'accuracy',
            bytes: read('run', name),
            mutations: json,
        }));
    const drawn = readdirSync(home)
        .filter((name) => /^answers\.json\..*\.jsonl$/.test(name))
        .map((name): Seed => ({ name, reader: 'respond', bytes: read(name), mutations: json }));

    return [
        {
            name: 'GGUF',
            percent: 16,
            seeds: [
                base,
                base,
                model('widths.gguf', 'gguf-tokens', read('made', 'widths.gguf')),
                model('ungated.gguf', 'gguf-tokens', read('made', 'ungated.gguf')),
            ],
        },
        {
            name: 'LoRA GGUF',
            percent: 10,
            seeds: [
                {
                    name: 'adapter.gguf',
                    reader: 'lora',
                    bytes: adapter,
                    mutations: ggufMutations(adapter),
                    command: (path, folder) => counting(embeddedModel, join(folder, 'out'), '--lora', path),
                },
            ],
        },
        {
            name: '.pt',
            percent: 14,
            seeds: [pt(countsFile([2, 3], [1, 2, 3, 4, 5, 6], 10)), pt(torchFile(lape, { 0: ints([1, 2, 3, 4]) }))],
        },
        {
            name: '.safetensors',
            percent: 14,
            seeds: [
                safe('plain.safetensors', 'activations'),
                safe('folds.safetensors', 'activations'),
                safe('part.safetensors', 'part'),
            ],
        },
        {
            name: 'JSON',
            percent: 14,
            seeds: [
                texts('answers.json', read('answers.json')),
                texts('answers.json', read('answers.json')),
                result('neurons.json', 'neurons'),
                ...['ppl', 'accuracy'].map((metric) => result(`${metric}.matrix.json`, 'matrix')),
                result('comparison.json', 'comparison'),
                { name: 'effects.json', reader: 'effects', bytes: read('made', 'effects.json'), mutations: json },
                { name: 'lens.json', reader: 'lens', bytes: read('made', 'lens.json'), mutations: json },
            ],
        },
        {
            name: 'JSONL',
            percent: 10,
            seeds: [
                texts(
                    'data.jsonl',
                    lines([
                        { language: 'en', text: 'The farmer eats bread.' },
                        { language: 'de', prompt: 'Wer?', response: 'Der Bauer.' },
                    ]),
                ),
                asked(
                    'test_English.json',
                    lines([
                        { query: 'How many apples are 3 and 5?', response: '8.0' },
                        { query: 'And 2 and 2?', response: '4' },
                    ]),
                    json,
                ),
            ],
        },
        { name: 'TSV', percent: 10, seeds: [asked('mgsm_en.tsv', read('questions', 'mgsm_en.tsv'), tsv)] },
        {
            name: 'YAML',
            percent: 6,
            seeds: [
                { name: 'run.yaml', reader: 'config', bytes: read('run.yaml'), mutations: yaml, command: undefined },
            ],
        },
        { name: 'journals', percent: 6, seeds: [...journals, ...drawn] },
    ];
}

/** A model whose chat never ends, apart: each takes all its time. */
export function endlessModel(): Buffer {
    const bytes = readFileSync(embeddedModel);
    const at = bytes.indexOf('tokenizer.chat_template') + 'tokenizer.chat_template'.length + 4;
    const length = Number(bytes.readBigUInt64LE(at));
    const padded = endlessTemplate.padEnd(length);
    if (padded.length !== length)
        throw new Error(`the template takes ${padded.length} bytes, there is room for ${length}`);
    bytes.write(padded, at + 8, 'utf8');
    return bytes;
}

/** Puts a seed's mutated bytes into a folder of its own. */
export function putInto(folder: string, seed: Seed, bytes: Buffer): string {
    mkdirSync(folder, { recursive: true });
    const path = join(folder, seed.name);
    writeFileSync(path, bytes);
    return path;
}
