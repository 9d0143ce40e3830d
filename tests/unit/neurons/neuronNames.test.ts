import { describe, expect, it } from 'vitest';
import { neuronsAt, type Site } from '../../../src/engine/types/Site.js';
import { neuronName, neuronNamed } from '../../../src/neurons/tables/neuronNames.js';

const sites: Site[] = [
    { layer: 0, kind: 'dense', width: 30, experts: 1 },
    { layer: 2, kind: 'routed', width: 4, experts: 8 },
    { layer: 2, kind: 'shared', width: 6, experts: 1 },
    { layer: 3, kind: 'dense', width: 5, experts: 1 },
    { layer: 3, kind: 'routed', width: 2, experts: 3 },
];

describe('the name of a neuron', () => {
    it('leads back to it, and differs from all others', () => {
        const neurons = sites.flatMap((site, place) =>
            Array.from({ length: neuronsAt(site) }, (_, index) => [place, index] as const),
        );
        const names = neurons.map((neuron) => neuronName(sites, neuron));
        expect(new Set(names).size).toBe(names.length);
        expect(names.map((name) => neuronNamed(sites, name))).toEqual(neurons);
        expect(neuronName(sites, [0, 12])).toBe('0:12');
        expect(neuronName(sites, [1, 3 * 4 + 2])).toBe('2:3:2');
        expect(neuronName(sites, [2, 5])).toBe('2:shared:5');
        expect(neuronNamed(sites, ' 3:2:1 ')).toEqual([4, 5]);
    });

    it.each([
        ['', 'layer:index'],
        ['0', 'layer:index'],
        ['0:', 'layer:index'],
        [':0', 'layer:index'],
        ['1:-1', 'layer:index'],
        ['1:1.5', 'layer:index'],
        ['1:1e1', 'layer:index'],
        ['1:x', 'layer:index'],
        ['0:experts:1', 'layer:index'],
        ['0:1:2:3', 'layer:index'],
        ['__proto__:1', 'layer:index'],
        ['0:30', 'layer 0 has neurons 0 to 29'],
        ['4:0', 'the model has layers 0 to 3'],
        ['99999999999999999999:0', 'the model has layers 0 to 3'],
        ['1:0', 'layer 1 has no neurons that are counted'],
        ['2:0', 'neurons of layer 2 are named 2:expert:index or 2:shared:index'],
        ['0:3:1', 'neurons of layer 0 are named 0:index'],
        ['0:shared:1', 'neurons of layer 0 are named 0:index'],
        ['3:shared:1', 'neurons of layer 3 are named 3:index or 3:expert:index'],
        ['2:8:0', 'layer 2 has experts 0 to 7'],
        ['2:0:4', 'an expert has neurons 0 to 3'],
        ['2:shared:6', 'the shared expert of layer 2 has neurons 0 to 5'],
    ])('%j is refused: %s', (name, words) => {
        expect(() => neuronNamed(sites, name)).toThrow(
            expect.objectContaining({ code: 'WRONG_USE', message: expect.stringContaining(words) }),
        );
    });
});
