import type { ComponentChild } from 'preact';
import { formatCompact, formatQuantity } from '../../../support/format.js';
import type { SiteSummary } from '../../siteFormat.js';
import { routeTo } from '../data/routeText.js';
import { Heatmap, mostLayersWithNumbers } from './Heatmap.js';
import { languageHeading } from './languageText.js';

/** Specific and related neurons of each language in each layer. */
export function LayerLanguages({ summary }: { summary: SiteSummary }): ComponentChild {
    const { languages, layerLanguages, layers } = summary;
    const most = Math.max(1, ...layerLanguages.flat());
    return (
        <Heatmap
            caption="Neurons of each language by layer"
            rowTitle="language"
            columnTitle="layer"
            isDense={layers.length > mostLayersWithNumbers}
            rows={languages.map(({ tag }) => languageHeading(tag, languages))}
            columns={layers.map((_, layer) => ({ key: String(layer), label: layer }))}
            cellAt={(k, layer) => {
                const { tag } = languages[k]!;
                const count = layerLanguages[k]![layer]!;
                return {
                    text: count === 0 ? '' : formatCompact(count),
                    // Square roots, so that few neurons are still seen beside many.
                    position: count === 0 ? null : -Math.sqrt(count / most),
                    tip: [`${tag}, layer ${layer}`, formatQuantity(count, 'neuron')],
                    link: routeTo('neurons', { languages: tag, layers: `${layer}..${layer}` }),
                };
            }}
        />
    );
}
