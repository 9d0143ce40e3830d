import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { writeActivations } from '../../src/activations/activationsFile.js';
import { effects } from '../../src/effects/effects.js';
import { readEffectsIfAny } from '../../src/effects/effectsFile.js';
import { keptTokens, type NeuronEffects, tokenEffects } from '../../src/effects/tokenEffects.js';
import { modelFingerprint } from '../../src/engine/files/modelFingerprint.js';
import { denseSites, neuronsAt, type Site } from '../../src/engine/types/Site.js';
import type { NeuronIndex } from '../../src/neurons/analysis/NeuronAnalysis.js';
import { writeNeurons } from '../../src/neurons/analysis/neuronsFile.js';
import { commandHere } from '../helpers/commandHere.js';
import { someActivations, someAnalysis } from '../helpers/exploredRun.js';
import { embeddedModel } from '../helpers/models.js';
import { embedding, metadata, Tensors } from '../helpers/syntheticModels.js';
import { folderOfTest } from '../helpers/temporaryFolder.js';
import { type GgufTensor, type GgufValue, writeGguf } from '../helpers/writeGguf.js';

/** More than a block of rows, so that tokens of the second block are numbered on. */
const vocabulary = 5000;
const dense = denseSites([24, 40]);
const experts: readonly Site[] = [
    { layer: 0, kind: 'dense', width: 24, experts: 1 },
    { layer: 1, kind: 'routed', width: 12, experts: 3 },
    { layer: 1, kind: 'shared', width: 20, experts: 1 },
];

/** Of a made-up model: its weights, and what its formula says of them. */
interface Case {
    readonly architecture: string;
    readonly sites: readonly Site[];
    readonly tensors: Tensors;
    readonly more?: Readonly<Record<string, GgufValue>>;
    readonly centred?: boolean;
    readonly scale?: number;
    readonly postNorm?: string;
}

const withDown = (tensors: Tensors): Tensors =>
    tensors.add('blk.0.ffn_down.weight', 24, embedding).add('blk.1.ffn_down.weight', 40, embedding);
const withNorm = (): Tensors => new Tensors().add('output_norm.weight', embedding);
const tied = (tensors: Tensors): Tensors => tensors.add('token_embd.weight', embedding, vocabulary);

const cases: Record<string, Case> = {
    'dense, with a head of its own': {
        architecture: 'llama',
        sites: dense,
        tensors: withDown(tied(withNorm())).add('output.weight', embedding, vocabulary),
    },
    'a LayerNorm and tied embeddings': {
        architecture: 'gpt2',
        sites: dense,
        tensors: withDown(tied(withNorm())).add('output_norm.bias', embedding),
        centred: true,
    },
    'a LayerNorm without weights': {
        architecture: 'olmo',
        sites: dense,
        tensors: withDown(tied(new Tensors())),
        centred: true,
    },
    'a norm behind the FFN': {
        architecture: 'gemma3',
        sites: dense,
        tensors: withDown(tied(withNorm()))
            .add('blk.0.post_ffw_norm.weight', embedding)
            .add('blk.1.post_ffw_norm.weight', embedding),
        postNorm: 'post_ffw_norm',
    },
    'a residual scale': {
        architecture: 'granite',
        sites: dense,
        tensors: withDown(tied(withNorm())),
        more: { residual_scale: { f32: 0.25 } },
        scale: 0.25,
    },
    'routed and shared experts': {
        architecture: 'qwen2moe',
        sites: experts,
        tensors: tied(withNorm())
            .add('blk.0.ffn_down.weight', 24, embedding)
            .add('blk.1.ffn_down_exps.weight', 12, embedding, 3)
            .add('blk.1.ffn_down_shexp.weight', 20, embedding),
    },
};

const everyNeuron = (sites: readonly Site[]): NeuronIndex[] =>
    sites.flatMap((site, number) => Array.from({ length: neuronsAt(site) }, (_, i): NeuronIndex => [number, i]));

function write({ architecture, tensors, more = {} }: Case, path: string): string {
    writeGguf(path, metadata(architecture, 2, more), tensors.list);
    return path;
}

async function all(options: Parameters<typeof tokenEffects>[0]): Promise<NeuronEffects[]> {
    const found: NeuronEffects[] = [];
    for await (const some of tokenEffects(options)) found.push(...some);
    return found;
}

/** Every token's logit by the formula, less the mean of all, in float64, from the weights that were written. */
function logits({ tensors, sites, centred = false, scale = 1, postNorm }: Case, [number, index]: NeuronIndex) {
    const find = (name: string): GgufTensor | undefined => tensors.list.find((tensor) => tensor.name === name);
    const site = sites[number]!;
    const name = { dense: 'ffn_down', routed: 'ffn_down_exps', shared: 'ffn_down_shexp' }[site.kind];
    const down = find(`blk.${site.layer}.${name}.weight`)!.data as Float32Array;
    const [expert, column] = [Math.floor(index / site.width), index % site.width];
    let vector = Array.from({ length: embedding }, (_, row) => down[(expert * embedding + row) * site.width + column]!);
    const post = postNorm === undefined ? undefined : find(`blk.${site.layer}.${postNorm}.weight`)!.data;
    vector = vector.map((value, i) => scale * value * Number(post?.[i] ?? 1));
    const mean = centred ? vector.reduce((sum, value) => sum + value) / embedding : 0;
    const norm = find('output_norm.weight')?.data;
    vector = vector.map((value, i) => (value - mean) * Number(norm?.[i] ?? 1));
    const head = (find('output.weight') ?? find('token_embd.weight'))!.data as Float32Array;
    const added = Array.from({ length: vocabulary }, (_, token) =>
        vector.reduce((sum, value, i) => sum + value * head[token * embedding + i]!, 0),
    );
    const ofAll = added.reduce((sum, value) => sum + value) / vocabulary;
    return added.map((value) => value - ofAll);
}

describe('the direct effect of neurons on tokens', () => {
    it.each(Object.entries(cases))('%s: is the formula in float64', async (_, one) => {
        const model = write(one, join(folderOfTest(), 'model.gguf'));
        const neurons = everyNeuron(one.sites);
        const found = await all({ model, sites: one.sites, neurons });
        expect(found.map(({ neuron }) => neuron)).toEqual(neurons);
        for (const { neuron, raised, lowered } of found) {
            const expected = logits(one, neuron);
            const order = [...expected.keys()].sort((a, b) => expected[b]! - expected[a]!);
            for (const [list, tokens] of [
                [raised, order.slice(0, keptTokens)],
                [lowered, order.slice(-keptTokens).reverse()],
            ] as const) {
                expect(list.length).toBe(keptTokens);
                for (const [place, [token, effect]] of list.entries()) {
                    // two tokens may change places where their effects differ by less than F32 tells
                    expect(effect).toBeCloseTo(expected[token]!, 5);
                    expect(effect).toBeCloseTo(expected[tokens[place]!]!, 5);
                }
            }
        }
    });

    it('are the same of a model in several files', async () => {
        const one = cases['dense, with a head of its own']!;
        const folder = folderOfTest();
        const model = write(one, join(folder, 'model.gguf'));
        const [first, second] = [1, 2].map((n) => join(folder, `part-0000${n}-of-00002.gguf`)) as [string, string];
        const split = (no: number): Record<string, GgufValue> => ({
            ...metadata('llama', 2, {}),
            'split.no': { u16: no },
            'split.count': { u16: 2 },
            'split.tensors.count': { i32: one.tensors.list.length },
        });
        writeGguf(first, split(0), one.tensors.list.slice(0, 2));
        writeGguf(second, split(1), one.tensors.list.slice(2));
        const neurons: NeuronIndex[] = [
            [1, 39],
            [0, 3],
        ];
        const [whole, parts] = [model, first].map((path) => all({ model: path, sites: dense, neurons }));
        expect(await parts).toEqual(await whole);
    });

    it('are refused by their reason', async () => {
        const one = cases['dense, with a head of its own']!;
        const folder = folderOfTest();
        const of = (architecture: string): string =>
            write({ ...one, architecture }, join(folder, `${architecture}.gguf`));
        const ask = (model: string, neurons: readonly NeuronIndex[], sites = dense): Promise<unknown> =>
            all({ model, sites, neurons });
        await expect(ask(of('gemma3n'), [[0, 0]])).rejects.toMatchObject({
            code: 'UNSUPPORTED',
            message: expect.stringContaining('gemma3n: several residual streams'),
        });
        await expect(ask(of('nosuch'), [[0, 0]])).rejects.toMatchObject({ code: 'UNSUPPORTED' });
        const model = of('llama');
        await expect(ask(model, [[1, 40]])).rejects.toMatchObject({
            code: 'WRONG_USE',
            message: 'the model has no neuron [1, 40]: layer 1 has neurons 0 to 39',
        });
        await expect(ask(model, [[0, 0]], denseSites([25, 40]))).rejects.toMatchObject({ code: 'MISMATCH' });
        const stop = AbortSignal.abort();
        const stopped = all({ model, sites: dense, neurons: [[0, 0]], signal: stop });
        await expect(stopped).rejects.toMatchObject({ code: 'ABORTED' });
        const tensors = withDown(tied(withNorm()));
        (tensors.list[0]!.data as Float32Array)[0] = Number.NaN;
        const broken = write({ ...one, tensors }, join(folder, 'broken.gguf'));
        await expect(ask(broken, [[0, 0]])).rejects.toMatchObject({ code: 'DAMAGED' });
    });
});

describe('effects of a run folder', () => {
    /** An analysis of the embedded model's neurons, of whatever counts. */
    async function analysed(fingerprint: string): Promise<string> {
        const folder = folderOfTest();
        const activations = someActivations();
        const sites = denseSites([1024, 1024, 1024, 1024, 1024, 1024]);
        const counts = sites.map((_, i) => {
            const source = activations.counts[0]!;
            return BigInt64Array.from({ length: 1024 * 5 }, (_, at) => source[(at + 35 * i) % source.length]!);
        });
        const source = { ...activations.source, model: { ...activations.source.model, fingerprint } };
        const routed = sites.map(() => new BigInt64Array());
        const counted = { ...activations, sites, routed, counts, source };
        await writeActivations(join(folder, 'activations.safetensors'), counted);
        await writeNeurons(join(folder, 'neurons.json'), someAnalysis(counted));
        return folder;
    }

    it('are computed once, neuron by neuron, with the texts of their tokens', async () => {
        const folder = await analysed(await modelFingerprint(embeddedModel, []));
        const three: NeuronIndex[] = [
            [5, 3],
            [0, 7],
            [5, 3],
        ];
        const first = await effects(folder, { model: embeddedModel, neurons: three });
        expect(first.neurons.map(({ neuron }) => neuron)).toEqual([
            [0, 7],
            [5, 3],
        ]);
        expect(await readEffectsIfAny(folder)).toEqual(first);
        const tokens = new Set(first.neurons.flatMap(({ raised, lowered }) => [...raised, ...lowered]).map(([t]) => t));
        expect(Object.keys(first.tokens).map(Number).sort()).toEqual([...tokens].sort());
        // bytes of a byte-level vocabulary that are no whole characters
        expect(Object.values(first.tokens).some((text) => /\p{Surrogate}/u.test(text))).toBe(true);
        expect(Object.values(first.tokens).some((text) => text.length > 1)).toBe(true);
        const more = await effects(folder, {
            model: embeddedModel,
            neurons: [
                [2, 2],
                [0, 7],
            ],
        });
        expect(more.neurons.map(({ neuron }) => neuron)).toEqual([
            [0, 7],
            [2, 2],
            [5, 3],
        ]);
        expect([more.neurons[0], more.neurons[2]]).toEqual(first.neurons);
    });

    it('are of the model that was analysed', async () => {
        const folder = await analysed('xxh128:0');
        await expect(effects(folder, { model: embeddedModel })).rejects.toMatchObject({ code: 'MISMATCH' });
    });

    it('are asked for by name or by language on the command line', async () => {
        const folder = await analysed(await modelFingerprint(embeddedModel, []));
        const base = ['effects', folder, '--model', embeddedModel];
        const named = await commandHere(...base, '--neurons', '5:3,0:7');
        expect(named.code).toBe(0);
        expect(named.stdout).toMatch(/^neuron {2}raises most/);
        expect(
            named.stdout
                .split('\n')
                .slice(1)
                .map((line) => line.split(' ')[0]),
        ).toEqual(['0:7', '5:3', '']);
        const chinese = JSON.parse(
            (await commandHere(...base, '--languages', 'zh', '--set', 'specific', '--json')).stdout,
        );
        const { neurons } = JSON.parse(readFileSync(join(folder, 'neurons.json'), 'utf8'));
        expect(chinese.neurons.map(({ neuron }: NeuronEffects) => neuron)).toEqual(neurons.specific.zh);
        const listed = await commandHere('neurons', folder, '--language', 'zh', '--limit', '3');
        expect(listed.stdout.split('\n')[0]).toMatch(/ raises$/);
        const out = join(folder, 'n.csv');
        await commandHere('neurons', folder, '--class', 'specific,related,general,none', '--out', out);
        const [head, ...lines] = readFileSync(out, 'utf8').split('\n');
        const [site, neuron, raised] = ['site', 'index', 'tokens raised'].map((name) => head!.split(',').indexOf(name));
        const row = lines.find((line) => line.split(',')[site!] === '5' && line.split(',')[neuron!] === '3')!;
        const tokens = row.split(',')[raised!]!;
        expect(tokens.split(' ').length).toBe(10);
        expect(tokens).toContain(/^5:3 +(\S+)/m.exec(named.stdout)![1]);
        const wrong = await commandHere(...base, '--neurons', '9:3');
        expect(wrong).toMatchObject({ code: 2, stderr: expect.stringContaining('the model has layers 0 to 5') });
        rmSync(join(folder, 'neurons.json'));
        expect((await commandHere(...base)).stderr).toContain('run identify first');
    });
});
