import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { directArchitectures, noPathReason, pathIn } from '../../src/effects/directPath.js';
import { neuronVectors } from '../../src/effects/neuronVectors.js';
import { Engine } from '../../src/engine/Engine.js';
import { loadBackends } from '../../src/engine/native/loadBackends.js';
import { neuronsAt } from '../../src/engine/types/Site.js';
import { type GgufFile, readGguf } from '../../src/gguf/GgufFile.js';
import type { NeuronIndex } from '../../src/neurons/analysis/NeuronAnalysis.js';
import { architectureModels, nameOf } from '../helpers/architectureModels.js';
import { spanDistance } from '../helpers/spanDistance.js';
import { temporaryFolder } from '../helpers/temporaryFolder.js';
import { twoThreads } from '../helpers/threads.mjs';

/** Refused by the engine (see tests/architectures.test.ts), or without logits. */
const left = ['dream', 'llada', 'llada-moe', 'rnd1', 'mamba', 'mamba2', 'llama-embed'];
/** What a tiny random model does not show: layers computed several times, gates that are nearly the same for all. */
const unseen = ['hrm_text', 'nanbeige', 'rwkv6'];

/** ARCHITECTURES_OF=NAME: only this model, by its file's name. */
const only = process.env.ARCHITECTURES_OF;

const folder = temporaryFolder();
const tokens = Int32Array.from({ length: 24 }, (_, i) => (i * 37 + 11) % 64);
const settings = { gpu: 'off', batchSize: 32, windowSize: 32, threads: twoThreads } as const;

/** What a layer adds to the residual stream is the product of such a matrix, and its bias. */
const outputs = /^(attn_output|attn_out|ssm_out|shortconv\.out_proj|time_mix_output|ffn_down|channel_mix_value)/;

/**
 * A copy of a model in which no layer behind one adds to the residual stream: its way to the logits is linear. The
 * model itself where none does so.
 */
async function withoutLayersBehind(model: string, layer: number): Promise<string> {
    const { tensors } = await readGguf(model);
    const behind = [...tensors.values()].filter(({ name }) => {
        const [, number, rest] = /^blk\.(\d+)\.(.*)$/.exec(name) ?? [];
        return number !== undefined && Number(number) > layer && outputs.test(rest!);
    });
    if (behind.length === 0) return model;
    const file = readFileSync(model);
    for (const { offset, shape, type } of behind) {
        const weights = shape.reduce((product, n) => product * n, 1);
        file.fill(0, offset, offset + (weights / type!.weights) * type!.bytes);
    }
    const path = join(folder, `${nameOf(model)}-${layer}.gguf`);
    writeFileSync(path, file);
    return path;
}

/** Logits after the last token, a soft cap undone. */
async function logitsOf(
    engine: Engine,
    { metadata }: GgufFile,
    edit?: Parameters<Engine['logits']>[1],
): Promise<Float64Array> {
    const all = Float64Array.from(await engine.logits(tokens, edit));
    const last = all.subarray(all.length - all.length / tokens.length);
    const cap = Number(metadata[`${String(metadata['general.architecture'])}.final_logit_softcapping`] ?? 0);
    return cap > 0 ? last.map((logit) => cap * Math.atanh(logit / cap)) : last;
}

/**
 * Logits that one neuron's activation makes in several doses span the head's product with its vector, beside what does
 * not depend on it: RMS norms and LayerNorms only divide.
 * @returns the share of the effect that lies outside of that span; undefined: no dose changes the logits
 */
async function examine(engine: Engine, file: GgufFile, number: number): Promise<number | undefined> {
    const { sites } = engine;
    const site = sites[number]!;
    const whole = await logitsOf(engine, file);
    const finite = [...whole.keys()].filter((i) => Math.abs(whole[i]!) < 1e30);
    for (let expert = 0; expert < site.experts; expert++) {
        const index = expert * site.width + 1;
        const dosed = (dose: number): Promise<Float64Array> => {
            const factors = sites.map((one) => new Float32Array(neuronsAt(one)).fill(1));
            const offsets = sites.map((one) => new Float32Array(neuronsAt(one)));
            if (site.addable) offsets[number]![index] = dose;
            else factors[number]![index] = dose;
            return logitsOf(engine, file, { edit: { factors, offsets: site.addable ? offsets : [] } as never });
        };
        const dose = await knee(
            async (dose) => {
                const changed = await dosed(dose);
                return Math.max(...finite.map((i) => Math.abs(changed[i]! - whole[i]!)));
            },
            Math.max(...finite.map((i) => Math.abs(whole[i]!))),
        );
        if (dose === undefined) continue; // no token goes through the expert
        const states = [whole];
        for (const times of [1, -1, 0.3, 3, -4, 30]) states.push(await dosed(times * dose));
        const effect = await productOf(file, sites, [number, index]);
        return spanDistance(
            states.map((state) => finite.map((i) => state[i]!)),
            finite.map((i) => effect[i]!),
        );
    }
    return undefined;
}

/** A dose that changes logits, and not as far as it goes: norms bound what an activation can do. */
async function knee(changeOf: (dose: number) => Promise<number>, most: number): Promise<number | undefined> {
    const found: [dose: number, change: number][] = [];
    for (let dose = 1; dose < 1e16; dose *= 10) {
        const change = await changeOf(dose);
        if (change > 0.3 * most) return dose;
        if (Number.isFinite(change)) found.push([dose, change]);
    }
    const largest = Math.max(...found.map(([, change]) => change));
    return largest < 1e-4 * most ? undefined : found.find(([, change]) => change > largest / 2)![0];
}

/** The head's product with a neuron's vector, in float64. */
async function productOf(file: GgufFile, sites: Engine['sites'], neuron: NeuronIndex) {
    const { addon } = await loadBackends('off');
    const path = pathIn([file]);
    const vector = await neuronVectors(addon, path, sites, [neuron]);
    const { head } = path;
    const [width, rows] = head.shape as [number, number];
    const all = Int32Array.from({ length: width }, (_, i) => i);
    const matrix = { path: file.path, offset: head.offset, type: head.typeNumber, width, rows };
    const columns = await addon.matrixColumns(matrix, all);
    return Array.from({ length: rows }, (_, row) =>
        vector.reduce((sum, value, i) => sum + value * columns[i * rows + row]!, 0),
    );
}

/** The sites of a layer whose effects are others than their neurons' vectors, in words; of those that are not, ''. */
async function examineLayer(engine: Engine, layer: number): Promise<string[]> {
    const file = await readGguf(engine.path);
    const found: string[] = [];
    for (const [number, site] of engine.sites.entries()) {
        if (site.layer !== layer) continue;
        const words = await examine(engine, file, number).then(
            (share) => (share === undefined ? 'no effect' : share < 1e-2 ? '' : `${share.toExponential(1)} off`),
            wordsOf,
        );
        found.push(words === '' ? '' : `layer ${layer} ${site.kind}: ${words}`);
    }
    return found;
}

/** Of the first layer with neurons and the last, as `examineLayer`. */
async function examineModel(model: string): Promise<string[]> {
    using whole = await Engine.open({ ...settings, model });
    const found: string[] = [];
    for (const layer of new Set([whole.sites[0]!.layer, whole.sites.at(-1)!.layer])) {
        const path = await withoutLayersBehind(model, layer);
        if (path === model) {
            found.push(...(await examineLayer(whole, layer)));
            continue;
        }
        using engine = await Engine.open({ ...settings, model: path });
        found.push(...(await examineLayer(engine, layer)));
        rmSync(path);
    }
    return found;
}

const wordsOf = (cause: unknown): string => (cause as Error).message.slice(0, 150);

describe('the direct effect of neurons of a model of every architecture', () => {
    it('is what they add to logits where its list says so, and otherwise is refused', async () => {
        const found: Record<string, string[]> = {};
        for (const model of architectureModels(folder, 8)) {
            if (only !== undefined && nameOf(model) !== only) continue;
            const file = await readGguf(model);
            const architecture = String(file.metadata['general.architecture']);
            if (left.includes(architecture) || nameOf(model) === 'refact-moe') continue;
            const words = await examineModel(model).catch((cause: unknown) => [wordsOf(cause)]);
            (found[architecture] ??= []).push(...words.map((one) => (one === '' ? '' : `${nameOf(model)} ${one}`)));
        }
        const direct = Object.keys(found).filter(
            (name) => found[name]!.every((words) => words === '') && !unseen.includes(name),
        );
        const listed = [...directArchitectures].filter((name) => only === undefined || name in found);
        expect(direct.sort(), Object.values(found).flat().join('\n')).toEqual(listed.sort());
        for (const name of Object.keys(found))
            expect(noPathReason(name) === undefined, name).toBe(direct.includes(name));
    });
});
