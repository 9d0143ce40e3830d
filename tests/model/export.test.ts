import { copyFileSync, readdirSync, readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import type { Sample } from '../../src/corpus/Corpus.js';
import { Engine } from '../../src/engine/Engine.js';
import { modelFingerprint } from '../../src/engine/files/modelFingerprint.js';
import { denseSites, neuronsAt, type Site } from '../../src/engine/types/Site.js';
import { exportModel, type ExportOptions, type ExportResult } from '../../src/export/exportModel.js';
import { type GgufFile, readGguf } from '../../src/gguf/GgufFile.js';
import { writeNeurons } from '../../src/neurons/analysis/neuronsFile.js';
import type { NeuronAnalysis, NeuronIndex } from '../../src/neurons/analysis/NeuronAnalysis.js';
import { silent } from '../../src/support/progress.js';
import { commandHere } from '../helpers/commandHere.js';
import { writeDownScaled } from '../helpers/downColumns.js';
import { maskOf } from '../helpers/maskOf.js';
import { embeddedModel } from '../helpers/models.js';
import { everyNth } from '../helpers/neuronSets.js';
import { writeApertus } from '../helpers/ownFfnModels.js';
import { writeUngated } from '../helpers/syntheticModels.js';
import { udhrSamples } from '../helpers/texts.js';
import { writeUpcycled } from '../helpers/upcycled.js';
import { writeUnquantized } from '../helpers/unquantized.js';
import { someSource } from '../helpers/analysed.js';
import { temporaryFolder } from '../helpers/temporaryFolder.js';
import { twoThreads } from '../helpers/threads.mjs';

const folder = temporaryFolder();
const at = (name: string): string => join(folder, name);

const widths = [1024, 1024, 1024, 1024, 1024, 1024];
const sites = denseSites(widths);
const neurons = everyNth(sites, 9);
const edits = [{ neurons, scale: 0, label: 'every ninth' }];
let samples: Sample[];
beforeAll(async () => {
    samples = await udhrSamples(['en', 'th'], '29-29');
});

/** Log-probability of each text. */
async function scoresOf(model: string, masked: readonly NeuronIndex[] = []): Promise<readonly number[]> {
    using engine = await Engine.open({ model, gpu: 'off', threads: twoThreads });
    const edit = masked.length === 0 ? undefined : maskOf(masked, engine.sites.map(neuronsAt));
    const { texts } = await engine.score(samples, { edit });
    return texts.map(({ logProbability }) => logProbability);
}

function edit(model: string, out: string, more: Partial<ExportOptions> = {}): Promise<ExportResult> {
    return exportModel({ model, analysis: { widths, source: someSource }, edits, out: at(out), ...more });
}

const models = {
    Q8_0: () => Promise.resolve(embeddedModel),
    F32: () => writeUnquantized(embeddedModel, at('f32.gguf')),
    F16: () => writeUnquantized(embeddedModel, at('f16.gguf'), true),
};

describe('a model whose neurons are switched off in its file', () => {
    it.each(Object.entries(models))('scores as the mask does, to the last bit: %s', async (type, write) => {
        const model = await write();
        const { zeroed, scaled, rows, rounding } = await edit(model, `zeroed-${type}.gguf`);
        expect({ zeroed, scaled, rows, rounding }).toEqual({
            zeroed: neurons.length,
            scaled: 0,
            rows: neurons.length,
            rounding: 0,
        });
        const [edited, masked, whole] = [
            await scoresOf(at(`zeroed-${type}.gguf`)),
            await scoresOf(model, neurons),
            await scoresOf(model),
        ];
        expect(edited).toEqual(masked);
        for (const [i, score] of edited.entries()) expect(Math.abs(score / whole[i]! - 1)).toBeGreaterThan(1e-3);
    });

    it('scores as the mask does, to the last bit: a mixture of experts', async () => {
        const model = await writeUpcycled(embeddedModel, at('experts.gguf'), 4);
        const routed = widths.map((width, layer): Site => ({ layer, kind: 'routed', width, experts: 4 }));
        const some = everyNth(routed, 7);
        await edit(model, 'zeroed-experts.gguf', {
            analysis: { widths: routed.map(neuronsAt), sites: routed, source: someSource },
            edits: [{ neurons: some, scale: 0, label: 'every seventh' }],
        });
        const edited = await scoresOf(at('zeroed-experts.gguf'));
        expect(edited).toEqual(await scoresOf(model, some));
        const whole = await scoresOf(model);
        for (const [i, score] of edited.entries()) expect(Math.abs(score / whole[i]! - 1)).toBeGreaterThan(1e-3);
    });

    it('differs in these rows and in what its metadata say', async () => {
        await edit(embeddedModel, 'bytes.gguf');
        const [before, after] = [await readGguf(embeddedModel), await readGguf(at('bytes.gguf'))];
        const [from, to] = [readFileSync(embeddedModel), readFileSync(at('bytes.gguf'))];
        const rowBytes = (128 / 32) * 34;
        for (const [layer, neuron] of neurons) {
            const { offset } = before.tensors.get(`blk.${layer}.ffn_gate.weight`)!;
            from.fill(0, offset + neuron * rowBytes, offset + (neuron + 1) * rowBytes);
        }
        expect(to.subarray(after.dataStart).equals(from.subarray(before.dataStart))).toBe(true);
        expect(to.subarray(0, 16).equals(from.subarray(0, 16))).toBe(true);
        expect(to.subarray(24, before.metadataEnd).equals(from.subarray(24, before.metadataEnd))).toBe(true);
        const entries = ({ metadataEnd, entriesEnd }: GgufFile, bytes: Buffer): Buffer =>
            bytes.subarray(metadataEnd, entriesEnd);
        expect(entries(after, to).equals(entries(before, from))).toBe(true);
        const added = Object.entries(after.metadata).filter(([key]) => !(key in before.metadata));
        expect(Object.fromEntries(added)).toEqual({
            'language-neurons.edit.0.version': 1,
            'language-neurons.edit.0.tool': expect.stringMatching(/^language-neurons \d/) as unknown,
            'language-neurons.edit.0.model': await modelFingerprint(embeddedModel, []),
            'language-neurons.edit.0.changes': ['every ninth × 0'],
            'language-neurons.edit.0.zeroed': neurons.length,
            'language-neurons.edit.0.scaled': 0,
        });
    });

    it('can be edited again, and says both edits', async () => {
        await edit(embeddedModel, 'once.gguf');
        const label = 'others';
        const more = neurons.map(([layer, neuron]): NeuronIndex => [layer, neuron + 1]);
        await edit(at('once.gguf'), 'twice.gguf', { edits: [{ neurons: more, scale: 0, label }], otherModel: true });
        const { metadata } = await readGguf(at('twice.gguf'));
        expect(metadata['language-neurons.edit.0.changes']).toEqual(['every ninth × 0']);
        expect(metadata['language-neurons.edit.1.changes']).toEqual(['others × 0']);
        expect(await scoresOf(at('twice.gguf'))).toEqual(await scoresOf(embeddedModel, [...neurons, ...more]));
    });
});

describe('a model whose neurons are scaled in its file', () => {
    it.each([2, 0.7, -1])('scores as one whose down columns are scaled: %d', async (scale) => {
        const model = await models.F32();
        const { rounding, scaled } = await edit(model, `scaled${scale}.gguf`, {
            edits: [{ neurons, scale, label: 'scaled' }],
        });
        expect(scaled).toBe(neurons.length);
        expect(rounding).toBeLessThanOrEqual(2 ** -24);
        await writeDownScaled(model, at('down.gguf'), sites, neurons, scale);
        const [edited, reference, whole] = [
            await scoresOf(at(`scaled${scale}.gguf`)),
            await scoresOf(at('down.gguf')),
            await scoresOf(model),
        ];
        for (const [i, score] of edited.entries()) {
            // what F32 leaves of other orders of multiplying; see roundingOfScores. Measured: 1.1e-5
            expect(Math.abs(score / reference[i]! - 1)).toBeLessThan(3e-5);
            expect(Math.abs(score / whole[i]! - 1)).toBeGreaterThan(1e-4);
        }
    });

    it('multiplies the numbers of a neuron in several edits; 1 leaves its bytes', async () => {
        const [model, [first, second]] = [embeddedModel, neurons as [NeuronIndex, NeuronIndex]];
        const both = { neurons: [first, second], label: 'both' };
        await edit(model, 'several.gguf', {
            edits: [
                { ...both, scale: 4 },
                { neurons: [first], scale: 0.5, label: 'one' },
                { neurons: [second], scale: 0.25, label: 'other' },
            ],
        });
        await edit(model, 'single.gguf', { edits: [{ neurons: [first], scale: 2, label: 'one' }] });
        const data = async (name: string): Promise<Buffer> =>
            readFileSync(at(name)).subarray((await readGguf(at(name))).dataStart);
        expect((await data('several.gguf')).equals(await data('single.gguf'))).toBe(true);
    });
});

describe('export refuses', () => {
    /** The one line, and that nothing is left behind. */
    async function refusal(options: Partial<ExportOptions> & { readonly model: string }): Promise<string> {
        const before = readdirSync(folder).sort();
        const failed = await edit(options.model, 'refused.gguf', options).then(
            () => 'nothing was refused',
            ({ code, message }: { readonly code: string; readonly message: string }) => `${code} ${message}`,
        );
        expect(readdirSync(folder).sort()).toEqual(before);
        return failed;
    }

    it('to write over the model, or over anything else', async () => {
        copyFileSync(embeddedModel, at('own.gguf'));
        expect(await refusal({ model: at('own.gguf'), out: at('own.gguf') })).toMatch(/^UNWRITABLE .*already exists/);
        expect(readFileSync(at('own.gguf')).equals(readFileSync(embeddedModel))).toBe(true);
    });

    it('a model that is not the analysed one, and neurons that are not its', async () => {
        const model = { name: 'another', architecture: 'llama', quantization: 'Q8_0', fingerprint: 'xxh128:0' };
        expect(await refusal({ model: embeddedModel, analysis: { widths, source: { ...someSource, model } } })).toMatch(
            /^MISMATCH .*not the analysed model \(another/,
        );
        expect(
            await refusal({
                model: embeddedModel,
                analysis: { widths: [1024, 512], source: someSource },
                edits: [{ neurons: [[1, 7] as const], scale: 0, label: 'x' }],
            }),
        ).toMatch(/^MISMATCH .*layer 1 with 512 neurons is missing from its tensors/);
        const beyond = [{ neurons: [[0, 1024] as const], scale: 0, label: 'x' }];
        expect(await refusal({ model: embeddedModel, edits: beyond })).toMatch(/^WRONG_USE .*no neuron \[0, 1024\]/);
        expect(await refusal({ model: embeddedModel, edits: [] })).toMatch(/^EMPTY /);
    });

    it('what cannot be exact', async () => {
        writeApertus(at('apertus.gguf'));
        writeUngated(at('ungated.gguf'), 2, 48);
        const small = { analysis: { widths: [48, 48], source: someSource } };
        const one = (scale: number): Partial<ExportOptions> => ({
            ...small,
            edits: [{ neurons: [[1, 7] as const], scale, label: 'x' }],
        });
        expect(await refusal({ model: at('apertus.gguf'), ...one(0) })).toMatch(/^UNSUPPORTED .*xIELU/);
        expect(await refusal({ model: at('ungated.gguf'), ...one(2) })).toMatch(/^UNSUPPORTED .*no gate/);
        const huge = [{ neurons, scale: 1e9, label: 'x' }];
        expect(await refusal({ model: embeddedModel, edits: huge })).toMatch(/^UNSUPPORTED .*too large/);
    });

    it('files that are no whole GGUF', async () => {
        writeFileSync(at('text.gguf'), 'not a model');
        expect(await refusal({ model: at('text.gguf') })).toMatch(/^DAMAGED .*not a GGUF file/);
        copyFileSync(embeddedModel, at('cut.gguf'));
        truncateSync(at('cut.gguf'), 1_000_000);
        expect(await refusal({ model: at('cut.gguf') })).toMatch(/^DAMAGED .*ends in the middle of/);
        const torn = readFileSync(embeddedModel);
        const name = Buffer.from('blk.0.ffn_gate.weight');
        torn.writeBigUInt64LE(120n, torn.indexOf(name) + name.length + 4); // weights of a row
        writeFileSync(at('torn.gguf'), torn);
        expect(await refusal({ model: at('torn.gguf') })).toMatch(/^DAMAGED .*not whole blocks of Q8_0/);
        expect(await refusal({ model: embeddedModel, out: at('model.bin') })).toMatch(/^WRONG_USE .*NAME\.gguf/);
    });

    it('to go on when it is stopped', async () => {
        const model = await models.F32();
        const stop = new AbortController();
        let written = 0;
        const advance = (bytes: number): void => {
            written += bytes;
            stop.abort(); // after the first of some 4 MB
        };
        const progress = { ...silent, advance };
        expect(await refusal({ model, signal: stop.signal, progress })).toMatch(/^ABORTED /);
        expect(written).toBeLessThan(6e6);
    });
});

it('an ungated FFN loses its bias too', async () => {
    writeUngated(at('gpt2.gguf'), 2, 48);
    const one = [{ neurons: [[1, 7] as const], scale: 0, label: 'x' }];
    await edit(at('gpt2.gguf'), 'gpt2-edited.gguf', { analysis: { widths: [48, 48], source: someSource }, edits: one });
    const { tensors } = await readGguf(at('gpt2-edited.gguf'));
    const { offset } = tensors.get('blk.1.ffn_up.bias')!;
    const biases = readFileSync(at('gpt2-edited.gguf')).subarray(offset, offset + 4 * 48);
    expect(Array.from({ length: 48 }, (_, j) => biases.readFloatLE(4 * j) === 0).indexOf(true)).toBe(7);
});

it('as a command takes languages from an analysis and says what it did', async () => {
    const run = at('run');
    await writeNeurons(
        join(run, 'neurons.json'),
        analysisOf({
            zh: [[0, 3]],
            de: [
                [2, 5],
                [2, 6],
            ],
        }),
    );
    const command = ['export', run, '--model', embeddedModel, '--out', at('command.gguf')];
    const done = await commandHere(...command, '--without', 'zh', '--amplify', 'de:2', '--json');
    expect(done.stderr + String(done.code)).toMatch(/0$/);
    expect(JSON.parse(done.stdout)).toMatchObject({
        files: [at('command.gguf')],
        zeroed: 1,
        scaled: 2,
        edits: [
            { label: 'zh specific+related', scale: 0 },
            { label: 'de specific+related', scale: 2 },
        ],
    });
    const again = await commandHere(...command, '--without', 'zh');
    expect([again.code, again.stderr]).toEqual([1, expect.stringMatching(/already exists/)]);
    const nothing = await commandHere(...command);
    expect([nothing.code, nothing.stderr]).toEqual([2, expect.stringMatching(/--without zh/)]);
    const odd = await commandHere(...command, '--amplify', 'zh');
    expect([odd.code, odd.stderr]).toEqual([2, expect.stringMatching(/such as de:2,zh:0\.5, not "zh"/)]);
});

it('as a command writes an intervention of a file, and refuses one that weights cannot say', async () => {
    const run = at('run-of-file');
    await writeNeurons(join(run, 'neurons.json'), analysisOf({ zh: [[0, 3]], de: [[2, 5]] }));
    const command = (out: string): string[] => ['export', run, '--model', embeddedModel, '--out', at(out)];
    const file = at('interventions.json');
    const written = (...interventions: object[]): void => writeFileSync(file, JSON.stringify({ mine: interventions }));
    written(
        { language: 'zh', op: 'zero', strength: 0.5 },
        {
            neurons: [
                [2, 5],
                [1, 7],
            ],
            ...{ op: 'scale', value: 3, strength: 0.5 },
        },
    );
    const done = await commandHere(...command('file.gguf'), '--interventions', file, '--json');
    expect(done.stderr + String(done.code)).toMatch(/0$/);
    expect(JSON.parse(done.stdout)).toMatchObject({
        ...{ zeroed: 0, scaled: 3 },
        edits: [
            { label: 'zh specific+related', scale: 0.5 },
            { label: 'mine', scale: 2 },
        ],
    });
    await edit(embeddedModel, 'library.gguf', {
        edits: [
            { neurons: [[0, 3]], scale: 0.5, label: 'zh specific+related' },
            {
                neurons: [
                    [2, 5],
                    [1, 7],
                ],
                ...{ scale: 2, label: 'mine' },
            },
        ],
    });
    expect(readFileSync(at('file.gguf')).equals(readFileSync(at('library.gguf')))).toBe(true);

    for (const one of [
        { op: 'add', value: 1 },
        { op: 'zero', where: 'prompt' },
        { op: 'scale', value: 'mean' },
    ]) {
        written({ language: 'zh', ...one });
        const refused = await commandHere(...command('refused-file.gguf'), '--interventions', file);
        expect([refused.code, refused.stderr]).toEqual([1, expect.stringMatching(/intervention 1 of mine .*exact/)]);
    }
    const both = await commandHere(...command('both.gguf'), '--interventions', file, '--without', 'zh');
    expect([both.code, both.stderr]).toEqual([2, expect.stringMatching(/leave --without and --amplify out/)]);
});

/** What identify would say, with these neurons. */
function analysisOf(specific: Readonly<Record<string, readonly NeuronIndex[]>>): NeuronAnalysis {
    const languages = Object.keys(specific);
    const of = <T>(value: T): Record<string, T> => Object.fromEntries(languages.map((language) => [language, value]));
    return {
        method: 'paper',
        languages,
        widths,
        topRate: 0.01,
        bar: 0.95,
        lambda: 0,
        threshold: 0,
        selected: 3,
        histogram: [0, 3, 0],
        histogramAll: [0, 3, 0],
        general: 0,
        perLanguage: of({ specific: 1, related: 0, total: 1 }),
        layers: widths.map(() => ({ specific: 0, related: 0, general: 0 })),
        stages: { seen: false, stages: [], confidence: 0, rule: '' },
        milliseconds: 0,
        source: someSource,
        neurons: { specific, related: of([]), general: [] },
    };
}
