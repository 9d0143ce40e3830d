import type { ComponentChild } from 'preact';
import { formatCount, formatShare } from '../../../support/format.js';
import type { SiteLens } from '../../resultsFormat.js';
import type { SiteSummary } from '../../siteFormat.js';
import { route } from '../data/route.js';
import { Choice } from './Choice.js';
import { Heatmap, mostLayersWithNumbers } from './Heatmap.js';
import { languageOption } from './languageText.js';
import { Part } from './Part.js';

/** In which language the likeliest token is, layer by layer. */
export function Lens({ summary }: { summary: SiteSummary }): ComponentChild {
    return <Part<SiteLens> part={summary.lens!}>{(lens) => <LensOf lens={lens} summary={summary} />}</Part>;
}

function LensOf({ lens, summary }: { lens: SiteLens; summary: SiteSummary }): ComponentChild {
    const { sentences, kinds, meanTexts, means, languages } = lens;
    const asked = route.value.settings.get('lens');
    const chosen = languages.find(({ tag }) => tag === asked);
    const shares = chosen?.shares ?? means;
    const texts = chosen === undefined ? `mean of the ${meanTexts}` : chosen.tag;
    const nameOf = (tag: string): string => {
        const known = summary.languages.find((one) => one.tag === tag);
        return known === undefined ? tag : languageOption(known);
    };
    return (
        <>
            <p>{sentences}</p>
            <p class="tools">
                <Choice
                    label="Texts"
                    name="lens"
                    value={chosen?.tag ?? ''}
                    options={[
                        ['', `${meanTexts}, on average`],
                        ...languages.map(({ tag }) => [tag, nameOf(tag)] as const),
                    ]}
                />
                {chosen !== undefined && <span> {formatCount(chosen.tokens)} tokens</span>}
            </p>
            <Heatmap
                caption={`Languages of likeliest tokens by layer: ${texts}`}
                rowTitle="the likeliest token is in"
                columnTitle="layer"
                isDense={shares.length > mostLayersWithNumbers}
                rows={kinds.map((kind) => ({ key: kind, label: kind }))}
                columns={shares.map((_, layer) => ({ key: String(layer), label: layer }))}
                cellAt={(kind, layer) => {
                    const share = shares[layer]![kind]!;
                    return {
                        text: (100 * share).toFixed(0),
                        position: share === 0 ? null : -share,
                        tip: [`behind layer ${layer}`, `${kinds[kind]}: ${formatShare(share)} of the tokens`, texts],
                    };
                }}
            />
        </>
    );
}
