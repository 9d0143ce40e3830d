import { expect, it } from 'vitest';
import { denseSites, type Site } from '../../../src/engine/types/Site.js';
import { neuronsInLayer } from '../../../src/neurons/analysis/neuronsInLayer.js';

it('names the neurons of a dense layer', () => {
    const neurons = neuronsInLayer(denseSites([2, 3]), 1);
    expect(neurons).toEqual([
        [1, 0],
        [1, 1],
        [1, 2],
    ]);
    expect(neuronsInLayer(denseSites([2, 3]), 2)).toEqual([]);
});

it('names every expert of a mixture by its site, which is not its layer', () => {
    const sites: Site[] = [
        { layer: 1, kind: 'routed', width: 2, experts: 2 },
        { layer: 1, kind: 'shared', width: 1, experts: 1 },
        { layer: 2, kind: 'dense', width: 2, experts: 1 },
    ];
    expect(neuronsInLayer(sites, 1).map(String)).toEqual(['0,0', '0,1', '0,2', '0,3', '1,0']);
    expect(neuronsInLayer(sites, 2).map(String)).toEqual(['2,0', '2,1']);
});
