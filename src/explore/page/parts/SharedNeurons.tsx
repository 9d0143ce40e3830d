import type { ComponentChild } from 'preact';
import { formatCount, formatShare } from '../../../support/format.js';
import type { SiteSummary } from '../../siteFormat.js';
import { type HeatCell, Heatmap } from './Heatmap.js';

/** Which languages have neurons in common. */
export function SharedNeurons({ summary }: { summary: SiteSummary }): ComponentChild {
    const { languages, overlap } = summary;
    const { shared, jaccard } = overlap;
    const tags = languages.map(({ tag }) => tag);
    const cellOf = (i: number, j: number): HeatCell => {
        const share = jaccard[i]![j]!;
        if (i === j || share === null)
            return { text: '', strength: null, tip: `${tags[i]}: ${formatCount(shared[i]![i]!)} neurons` };
        const both = formatCount(shared[i]![j]!);
        return {
            text: (100 * share).toFixed(0),
            strength: -share,
            tip: `${tags[i]} and ${tags[j]} share ${both} neurons, ${formatShare(share)} of those of either`,
        };
    };
    return (
        <>
            <p>
                Of the neurons of either language, specific and related, the share that both have (Jaccard index, in per
                cent).
            </p>
            <Heatmap
                caption="Share of neurons that two languages have in common"
                rowTitle="language"
                columnTitle="and"
                rows={tags}
                columns={tags}
                cells={tags.map((_, i) => tags.map((__, j) => cellOf(i, j)))}
            />
        </>
    );
}
