import type { ComponentChild } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import type { Classified } from '../data/classified.js';
import type { LoadedSite } from '../data/site.js';
import { Heatmap } from './Heatmap.js';
import { formatCount, formatShare } from './numbers.js';
import { jaccard, overlapOf } from './overlap.js';

/** Which languages have neurons in common. */
export function SharedNeurons({ site }: { site: LoadedSite }): ComponentChild {
    const { languages } = site.summary;
    const [classified, setClassified] = useState<Classified>();
    useEffect(() => void site.classified.then(setClassified, () => undefined), [site]);
    if (classified === undefined) return <p>Loading</p>;
    const overlap = overlapOf(classified, languages.length);
    const tags = languages.map(({ tag }) => tag);
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
                cells={tags.map((a, i) =>
                    tags.map((b, j) => {
                        const share = jaccard(overlap, i, j);
                        if (i === j || share === null)
                            return { text: '', strength: null, tip: `${a}: ${formatCount(overlap.own[i]!)} neurons` };
                        return {
                            text: (100 * share).toFixed(0),
                            strength: -share,
                            tip:
                                `${a} and ${b} share ${formatCount(overlap.both[i]![j]!)} neurons, ` +
                                `${formatShare(share, 1)} of those of either`,
                        };
                    }),
                )}
            />
        </>
    );
}
