import { describe, expect, it } from 'vitest';
import { uniformInt } from 'pure-rand/distribution/uniformInt';
import type { Activations } from '../../../src/activations/Activations.js';
import { classSizes, sizesByLayer, specificRows } from '../../../src/checks/measures/foundNeurons.js';
import { criteriaOf, probabilitiesOf, repeatedCriteria } from '../../../src/neurons/classes/repeatAnalysis.js';
import { choose } from '../../../src/neurons/classes/choose.js';
import { identify } from '../../../src/neurons/classes/identify.js';
import { randomGenerator } from '../../../src/support/randomGenerator.js';
import { someSource } from '../../helpers/analysed.js';

const { counts: _, ...source } = someSource;

/** Two layers of neurons, each active in the more languages the greater its index is. */
function counted(seed: number): Activations {
    const generator = randomGenerator(seed);
    const layer = (): BigInt64Array =>
        BigInt64Array.from({ length: 300 * 3 }, (_, i) => {
            const [neuron, language] = [Math.floor(i / 3), i % 3];
            const most = language < neuron % 4 ? 900 : 200;
            return BigInt(uniformInt(generator, 0, most));
        });
    return {
        languages: ['en', 'de', 'zh'],
        source,
        tokens: new BigInt64Array(3).fill(1000n),
        counts: [layer(), layer()],
    };
}

describe.each(['paper', 'lape'] as const)('neurons found anew by %s', (method) => {
    it.each([1, 2, 3])('are in the classes and layers of identify, seed %i', (seed) => {
        const activations = counted(seed);
        const analysis = identify(activations, { method, topRate: 0.3, bar: 0.6 });
        const probabilities = probabilitiesOf(activations, analysis);
        const choice = choose(probabilities, criteriaOf(analysis));
        const { specific, related, general } = analysis.neurons;
        const sizes = classSizes(choice, probabilities, method);
        expect(sizes).toEqual({
            specific: Object.values(specific).flat().length,
            related: new Set(Object.values(related).flat().map(String)).size,
            general: general.length,
            none: analysis.histogram[0],
        });
        expect(Math.min(sizes.specific, sizes.related, sizes.general)).toBeGreaterThan(0);
        const rows = specificRows(probabilities, choice);
        expect(sizesByLayer(rows, probabilities, analysis)).toEqual(analysis.layers.map((layer) => layer.specific));
    });
});

it('λ is found anew only where the sweep found it', () => {
    const activations = counted(4);
    const criteriaFor = (lambda: number | 'auto'): unknown => {
        const analysis = identify(activations, { topRate: 0.3, bar: 0.6, lambda });
        return repeatedCriteria(probabilitiesOf(activations, analysis), analysis).lambda;
    };
    expect(criteriaFor('auto')).toBe('auto');
    expect(criteriaFor(0.123)).toBe(0.123);
});
