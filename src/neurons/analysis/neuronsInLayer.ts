import { neuronsAt, type Site } from '../../engine/types/Site.js';
import type { NeuronIndex } from './NeuronAnalysis.js';

/**
 * All neurons of a layer, site by site, then by index: of a mixture those of every expert, routed and shared. None
 * where the layer has no FFN.
 * @param sites of a model, such as `engine.sites`
 * @param layer from 0
 */
export function neuronsInLayer(sites: readonly Site[], layer: number): NeuronIndex[] {
    return sites.flatMap((site, place) =>
        site.layer === layer ? Array.from({ length: neuronsAt(site) }, (_, index): NeuronIndex => [place, index]) : [],
    );
}
