import { expect, it } from 'vitest';
import { layerBars } from '../../../src/commands/words/layerBars.js';
import type { NeuronAnalysis, NeuronIndex } from '../../../src/neurons/analysis/NeuronAnalysis.js';
import { widthOf } from '../../../src/support/textWidth.js';
import { buildInput } from '../report/fixture.js';

const { analysis: template } = buildInput({ languages: ['en', 'gsw-CH'] });

/** An analysis with so many specific neurons, by language and site. */
function withNeurons(numbers: readonly (readonly number[])[], layersOfSites: readonly number[]): NeuronAnalysis {
    const { languages } = template;
    const neuronsOf = (counts: readonly number[]): NeuronIndex[] =>
        counts.flatMap((count, site) => Array.from({ length: count }, (_, i): NeuronIndex => [site, i]));
    return {
        ...template,
        sites: layersOfSites.map((layer) => ({ layer, kind: 'dense', width: 1000, experts: 1 })),
        neurons: {
            specific: Object.fromEntries(languages.map((language, r) => [language, neuronsOf(numbers[r]!)])),
            related: Object.fromEntries(languages.map((language) => [language, []])),
            general: [[0, 999]],
        },
    };
}

it('has a bar for each layer, the fullest of full height, any neurons of some and none blank', () => {
    const numbers = [
        [80, 1, 0, 40],
        [0, 0, 20, 0],
    ];
    expect(layerBars(withNeurons(numbers, [0, 1, 2, 3]), 80)).toEqual([
        'specific and related neurons by layer; █ is 80',
        'layer  0    1    2    3',
        'en     ████ ▁▁▁▁      ▄▄▄▄  121',
        'gsw-CH           ▂▂▂▂        20',
    ]);
});

it('adds the sites of a layer up', () => {
    const lines = layerBars(withNeurons([[8, 8, 4], [0, 0, 0]], [0, 0, 1]), 80); // prettier-ignore
    expect(lines.slice(1)).toEqual(['layer  0    1', 'en     ████ ▂▂▂▂  20', 'gsw-CH             0']);
});

it.each([
    [28, 80],
    [61, 80],
    [126, 80],
    [126, 40],
])('%d layers fit into %d columns, each neuron in one bar', (layers, width) => {
    const perLayer = Array.from({ length: layers }, (_, layer) => layer + 1);
    const lines = layerBars(withNeurons([perLayer, perLayer], perLayer.map((_, i) => i)), width); // prettier-ignore
    for (const line of lines.slice(1)) expect(widthOf(line)).toBeLessThanOrEqual(width);
    const [, numbers, en, other] = lines;
    expect(en!.endsWith(` ${((layers * (layers + 1)) / 2).toLocaleString('en')}`)).toBe(true);
    const bars = (line: string): string => [...line].filter((letter) => /[▁-█]/u.test(letter)).join('');
    expect(bars(en!)).toBe(bars(other!));
    expect(bars(en!)).toBe([...bars(en!)].sort().join('')); // more and more
    expect(numbers!.split(/\s+/).slice(1).map(Number)).toEqual(
        expect.arrayContaining([0, ...(layers < width / 2 ? [layers - 2] : [])]),
    );
});
