import { join } from 'node:path';
import type { Activations } from '../../src/activations/Activations.js';
import { writeActivations } from '../../src/activations/activationsFile.js';
import type { Site } from '../../src/engine/types/Site.js';
import type { DeactivationMatrix } from '../../src/experiments/results/DeactivationMatrix.js';
import { writeMatrix } from '../../src/experiments/resultFiles/matrixFile.js';
import { identify } from '../../src/neurons/classes/identify.js';
import type { NeuronAnalysis } from '../../src/neurons/analysis/NeuronAnalysis.js';
import { neuronsDigest } from '../../src/neurons/analysis/neuronsDigest.js';
import { writeNeurons } from '../../src/neurons/analysis/neuronsFile.js';
import { writeSomeExamples } from './someExamples.js';

const fiveLanguages: readonly string[] = ['en', 'de', 'zh', 'ar', 'hi'];
/** Dense layers, and one of experts beside a shared one. */
const sites: readonly Site[] = [
    { layer: 0, kind: 'dense', width: 300, experts: 1 },
    { layer: 1, kind: 'dense', width: 300, experts: 1 },
    { layer: 2, kind: 'routed', width: 40, experts: 8 },
    { layer: 2, kind: 'shared', width: 64, experts: 1 },
    { layer: 3, kind: 'dense', width: 300, experts: 1 },
];

/** Numbers in [0, 1) that look random and are the same in every run. */
function noise(seed: number): () => number {
    let state = seed;
    return () => {
        state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
        return state / 2 ** 32;
    };
}

/** Counts in which every seventh neuron prefers one language, and every fifteenth knows all. */
export function someActivations(name = 'a model', languages = fiveLanguages): Activations {
    const random = noise(7);
    const l = languages.length;
    const tokens = languages.map((_, k) => 5000 + 700 * k);
    const routed = sites.map(({ kind, experts }) =>
        kind === 'routed'
            ? BigInt64Array.from({ length: experts * l }, (_, at) =>
                  BigInt(Math.floor(tokens[at % l]! * (0.1 + 0.3 * random()))),
              )
            : new BigInt64Array(0),
    );
    const counts = sites.map(({ kind, width, experts }, i) =>
        BigInt64Array.from({ length: width * experts * l }, (_, at) => {
            const [neuron, k] = [Math.floor(at / l), at % l];
            const of = kind === 'routed' ? Number(routed[i]![Math.floor(neuron / width) * l + k]) : tokens[k]!;
            const prefers = neuron % 7 === 0 && (neuron / 7) % l === k;
            const p = neuron % 15 === 0 ? 0.9 + 0.1 * random() : prefers ? 0.7 + 0.3 * random() : 0.3 * random();
            return BigInt(Math.floor(p * of));
        }),
    );
    return {
        languages,
        sites,
        tokens: BigInt64Array.from(tokens, BigInt),
        counts,
        routed,
        source: {
            model: { name, architecture: 'mixed', quantization: 'Q4_K_M', fingerprint: 'f' },
            dataset: { name: 'texts', hash: 'h' },
            versions: {},
        },
    };
}

export function someAnalysis(activations: Activations): NeuronAnalysis {
    return identify(activations, { topRate: 0.1, bar: 0.9, lambda: 0.05 });
}

/** Writes the run folder of a model with dense layers and experts, and one matrix. */
export async function writeExploredRun(
    folder: string,
    name: string,
    matrixOf: (languages: readonly string[]) => DeactivationMatrix,
    languages = fiveLanguages,
): Promise<NeuronAnalysis> {
    const activations = someActivations(name, languages);
    const analysis = someAnalysis(activations);
    await writeActivations(join(folder, 'activations.safetensors'), activations);
    await writeNeurons(join(folder, 'neurons.json'), analysis);
    await writeSomeExamples(folder, activations, analysis, [
        [0, 7],
        [2, 127],
    ]);
    await writeMatrix(folder, { ...matrixOf(languages), neurons: neuronsDigest(analysis) });
    return analysis;
}
