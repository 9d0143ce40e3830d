import type { ComponentChild } from 'preact';
import { formatQuantity, formatShare } from '../../../support/format.js';
import type { SiteSummary } from '../../siteFormat.js';
import { languageOrders, orderedPlaces, readOrder } from '../data/languageOrder.js';
import { route } from '../data/route.js';
import { routeTo } from '../data/routeText.js';
import { Choice } from './Choice.js';
import { type HeatCell, Heatmap } from './Heatmap.js';
import { languageHeading } from './languageText.js';

const { effect: _, ...orders } = languageOrders;

/** Which languages have neurons in common. */
export function SharedNeurons({ summary }: { summary: SiteSummary }): ComponentChild {
    const { languages, overlap } = summary;
    const { shared, jaccard } = overlap;
    const tags = languages.map(({ tag }) => tag);
    const order = readOrder(route.value.settings.get('shared'));
    const places = orderedPlaces(tags, order, languages);
    const most = Math.max(1e-9, ...places.flatMap((i) => jaccard[i]!.filter((_, j) => j !== i).map(Number)));
    const cellOf = (i: number, j: number): HeatCell => {
        const share = jaccard[i]![j]!;
        if (i === j || share === null)
            return { text: '', position: null, tip: [`${tags[i]}: ${formatQuantity(shared[i]![i]!, 'neuron')}`] };
        const both = formatQuantity(shared[i]![j]!, 'neuron');
        return {
            text: (100 * share).toFixed(0),
            position: -share / most,
            tip: [`${tags[i]} and ${tags[j]}`, `${both} of both, ${formatShare(share)} of those of either`],
            link: routeTo('neurons', { languages: `${tags[i]},${tags[j]}`, all: '1' }),
        };
    };
    return (
        <>
            <p>
                Of the neurons of either language, specific and related, the share that both have (Jaccard index, in per
                cent).
            </p>
            <p class="tools">
                <Choice label="Order" name="shared" value={order} options={Object.entries(orders)} />
            </p>
            <Heatmap
                caption="Share of neurons that two languages have in common"
                rowTitle="language"
                columnTitle="and"
                rows={places.map((i) => languageHeading(tags[i]!, languages))}
                columns={places.map((i) => languageHeading(tags[i]!, languages, true))}
                cellAt={(r, c) => cellOf(places[r]!, places[c]!)}
            />
        </>
    );
}
