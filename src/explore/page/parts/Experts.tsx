import type { ComponentChild } from 'preact';
import { formatShare } from '../../../support/format.js';
import type { SiteExperts } from '../../resultsFormat.js';
import type { SiteSummary } from '../../siteFormat.js';
import { route } from '../data/route.js';
import { Choice } from './Choice.js';
import { type HeatHeading, Heatmap } from './Heatmap.js';
import { languageHeading } from './languageText.js';
import { Part } from './Part.js';

/** Which languages' tokens go through which experts, layer by layer. */
export function Experts({ summary }: { summary: SiteSummary }): ComponentChild {
    return (
        <Part<SiteExperts> part={summary.experts!}>
            {(experts) => <ExpertsOfLayer experts={experts} summary={summary} />}
        </Part>
    );
}

function ExpertsOfLayer({ experts, summary }: { experts: SiteExperts; summary: SiteSummary }): ComponentChild {
    const { sites, threshold } = experts;
    const { languages } = summary;
    const layer = route.value.settings.get('experts');
    const { shares, classes, ...site } = sites.find((one) => String(one.layer) === layer) ?? sites[0]!;
    const most = Math.max(1e-9, ...shares.flat());
    const heading = (expert: number): HeatHeading => {
        const kind = classes[expert]!;
        return {
            key: String(expert),
            label: (
                <>
                    {expert} {kind !== 'none' && <span class={kind.replace(/:.*/, '')}>{kind}</span>}
                </>
            ),
        };
    };
    return (
        <>
            <p>
                The share of a language’s tokens that the router sends through each expert. An expert is high in a
                language above {formatShare(threshold)}, and has a class by the same rule as a neuron.
            </p>
            <p class="tools">
                <Choice
                    label="Layer"
                    name="experts"
                    value={String(site.layer)}
                    options={sites.map((one) => [String(one.layer), String(one.layer)])}
                />
            </p>
            <Heatmap
                caption={`Experts of layer ${site.layer} by language`}
                rowTitle="expert"
                columnTitle="language"
                rows={shares.map((_, expert) => heading(expert))}
                columns={languages.map(({ tag }) => languageHeading(tag, languages, true))}
                cellAt={(expert, k) => {
                    const share = shares[expert]![k]!;
                    const kind = classes[expert]!;
                    return {
                        text: (100 * share).toFixed(0),
                        position: share === 0 ? null : -share / most,
                        tip: [
                            `layer ${site.layer}, expert ${expert}, ${languages[k]!.tag}`,
                            `${formatShare(share)} of the language’s tokens`,
                            ...(kind === 'none' ? [] : [kind]),
                        ],
                    };
                }}
            />
        </>
    );
}
