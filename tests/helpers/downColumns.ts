import { readFileSync, writeFileSync } from 'node:fs';
import { neuronsAt, type Site } from '../../src/engine/types/Site.js';
import { readGguf } from '../../src/gguf/GgufFile.js';
import type { NeuronIndex } from '../../src/neurons/analysis/NeuronAnalysis.js';

const downOf = { dense: 'ffn_down', shared: 'ffn_down_shexp', routed: 'ffn_down_exps' } as const;

/**
 * A copy of an F32 model whose neurons are scaled where they leave the FFN, in columns of its down matrices: another
 * way to the same numbers than the rows that export writes.
 */
export async function writeDownScaled(
    model: string,
    path: string,
    sites: readonly Site[],
    neurons: readonly NeuronIndex[],
    scale: number,
): Promise<void> {
    const { tensors } = await readGguf(model);
    const file = readFileSync(model);
    for (const [number, neuron] of neurons) {
        const site = sites[number]!;
        const { offset, shape, typeName } = tensors.get(`blk.${site.layer}.${downOf[site.kind]}.weight`)!;
        const [width, rows] = shape as [number, number];
        if (typeName !== 'F32' || width !== site.width || neuron >= neuronsAt(site))
            throw new Error(`${model}: not F32`);
        const expert = Math.floor(neuron / width);
        for (let row = 0; row < rows; row++) {
            const at = offset + 4 * ((expert * rows + row) * width + (neuron % width));
            file.writeFloatLE(file.readFloatLE(at) * scale, at);
        }
    }
    writeFileSync(path, file);
}
