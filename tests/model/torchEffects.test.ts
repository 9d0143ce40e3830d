import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { tokenEffects } from '../../src/effects/tokenEffects.js';
import { denseSites } from '../../src/engine/types/Site.js';
import { readGguf } from '../../src/gguf/GgufFile.js';
import type { NeuronIndex } from '../../src/neurons/analysis/NeuronAnalysis.js';
import { modelsFolder, smollm2 } from '../helpers/models.js';

const python = process.env['LANGUAGE_NEURONS_PYTHON'] ?? 'python3';
const hasTorch = spawnSync(python, ['-c', 'import torch, gguf']).status === 0;
const script = fileURLToPath(new URL('../helpers/torch_effects.py', import.meta.url));

const models = {
    'SmolLM2-135M, Q4_1': smollm2,
    'Gemma 3 270M, Q4_K_M, with norms behind its FFNs': join(modelsFolder, 'gemma-3-270m-q4_k_m.gguf'),
};

/** Measured: at most 2.2e-7 of the largest effect of a neuron. */
const rounding = 2e-6;

describe.skipIf(!hasTorch)(
    `tokens raised and lowered, as PyTorch finds them${hasTorch ? '' : ' (skipped: no torch)'}`,
    () => {
        for (const [name, model] of Object.entries(models)) {
            it.skipIf(!existsSync(model))(
                `of ${name}${existsSync(model) ? '' : ' (skipped: not there)'}`,
                async () => {
                    const { tensors } = await readGguf(model);
                    const widths: number[] = [];
                    for (let layer = 0; tensors.has(`blk.${layer}.ffn_down.weight`); layer++)
                        widths.push(tensors.get(`blk.${layer}.ffn_down.weight`)!.shape[0]!);
                    const neurons = widths.map((width, layer): NeuronIndex => [layer, (37 * layer + 11) % width]);
                    const answers = JSON.parse(
                        execFileSync(python, [script, model, JSON.stringify(neurons)], { encoding: 'utf8' }),
                    ) as [number[], number[], number[], number[], number][];
                    let most = 0;
                    let moved = 0;
                    for await (const found of tokenEffects({ model, sites: denseSites(widths), neurons })) {
                        for (const [i, { raised, lowered }] of found.entries()) {
                            const [tokens, effects, lowTokens, lowEffects, mean] = answers[i]!;
                            const size = Math.max(Math.abs(effects[0]!), Math.abs(lowEffects[0]!));
                            for (const [list, expected, values] of [
                                [raised, tokens, effects],
                                [lowered, lowTokens, lowEffects],
                            ] as const) {
                                for (const [place, [token, effect]] of list.entries()) {
                                    most = Math.max(most, Math.abs(effect - (values[place]! - mean)) / size);
                                    if (token !== expected[place]) moved++;
                                }
                                expect(list.length).toBe(20);
                            }
                        }
                    }
                    console.log(`${name}: ${most.toExponential(1)} apart, ${moved} tokens in other places`);
                    expect(most).toBeLessThan(rounding);
                    // tokens whose effects are closer than that change places
                    expect(moved).toBeLessThan(0.01 * 40 * neurons.length);
                },
                120_000,
            );
        }
    },
);
