import type { ComponentChild } from 'preact';
import { sum } from '../../../support/averages.js';
import type { SiteSummary } from '../../siteFormat.js';
import { route } from '../data/route.js';
import { routeTo } from '../data/routeText.js';
import type { LoadedSite } from '../data/site.js';
import { Checks } from '../parts/Checks.js';
import { Choice } from '../parts/Choice.js';
import { Comparison } from '../parts/Comparison.js';
import { DataTable, heading } from '../parts/DataTable.js';
import { DoseCurves } from '../parts/DoseCurves.js';
import { Experts } from '../parts/Experts.js';
import { languageHeading, LanguageName, languageOption } from '../parts/languageText.js';
import { Key } from '../parts/Key.js';
import { LayerCurves } from '../parts/LayerCurves.js';
import { Lens } from '../parts/Lens.js';
import { Matrices } from '../parts/Matrices.js';
import { NeuronMap } from '../parts/NeuronMap.js';
import { formatCompact, formatCount, formatQuantity, formatShare } from '../../../support/format.js';
import { SharedNeurons } from '../parts/SharedNeurons.js';
import { Heatmap, mostLayersWithNumbers } from '../parts/Heatmap.js';

/** What was found, at a glance. */
export function OverviewView({ site }: { site: LoadedSite }): ComponentChild {
    const { summary } = site;
    const { stages, layers, matrices, curves, comparison, lens, experts, checks } = summary;
    const part = (id: string, title: string, content: ComponentChild): ComponentChild => (
        <section aria-labelledby={id}>
            <h2 id={id}>{title}</h2>
            {content}
        </section>
    );
    const layerCurves = <LayerCurves layers={layers} stages={stages.layers} name="Neurons of each layer by class" />;
    return (
        <>
            <Headline summary={summary} />
            {part('map', 'Where the neurons are', <ColoredMap site={site} />)}
            <div class="pair">
                {part('layers', 'Layers', [<p>{stages.sentence}</p>, layerCurves])}
                {part('languages', 'Languages', [
                    <Languages summary={summary} />,
                    <h3>By layer</h3>,
                    <LayerLanguages summary={summary} />,
                ])}
            </div>
            <div class="pair">
                {part('shared', 'Neurons that languages share', <SharedNeurons summary={summary} />)}
                {matrices.length > 0 && part('experiments', 'What changing them does', <Matrices summary={summary} />)}
            </div>
            {curves.length > 0 && part('doses', 'How many of them it takes', <DoseCurves summary={summary} />)}
            {comparison && part('comparison', 'Before and after', <Comparison summary={summary} />)}
            {lens && part('lens', 'Languages of the likeliest tokens, layer by layer', <Lens summary={summary} />)}
            {checks.length > 0 && part('checks', 'Would a sceptic believe it?', <Checks checks={checks} />)}
            {experts && part('experts', 'Experts by language', <Experts summary={summary} />)}
        </>
    );
}

function ColoredMap({ site }: { site: LoadedSite }): ComponentChild {
    const { languages } = site.summary;
    const tag = route.value.settings.get('language') ?? '';
    const colored = languages.findIndex((language) => language.tag === tag);
    const options = languages.map((language) => [language.tag, languageOption(language)] as const);
    return (
        <>
            <p class="tools">
                <Choice
                    label="Colour"
                    name="language"
                    value={tag}
                    options={[['', 'neurons of every language'], ...options]}
                />
                <span class="legend">
                    <Key look="specific" words="specific" />
                    <Key look="related" words="related" />
                    <Key look="general" words="general" />
                </span>
            </p>
            <NeuronMap site={site} language={colored === -1 ? undefined : colored} />
        </>
    );
}

function Headline({ summary }: { summary: SiteSummary }): ComponentChild {
    const { layers, sites, selected, general, languages, topRate, model, warnings } = summary;
    const neurons = sum(sites, ({ width, experts }) => width * experts);
    const [specific, related] = [sum(layers, (layer) => layer.specific), sum(layers, (layer) => layer.related)];
    return (
        <section aria-labelledby="headline">
            <h1 id="headline">
                {formatCount(specific)} neurons of {model.name} belong to one language, {formatCount(related)} to
                several
            </h1>
            <p>
                {formatCount(selected)} of {formatCount(neurons)} neurons ({formatShare(topRate)}) depend most on which
                of {languages.length} languages the model reads; {formatCount(general)} are general: high in every
                language.
            </p>
            {summary.found !== '' && <p>{summary.found}</p>}
            {warnings.map((warning) => (
                <p key={warning} class="warning">
                    {warning}
                </p>
            ))}
        </section>
    );
}

function Languages({ summary: { languages } }: { summary: SiteSummary }): ComponentChild {
    const most = Math.max(1, ...languages.map(({ specific, related }) => specific + related));
    const bar = (kind: 'specific' | 'related', count: number): ComponentChild => (
        <i class={kind} style={{ width: `${(100 * count) / most}%` }} />
    );
    return (
        <DataTable
            name="Neurons of each language"
            columns={['language', 'tokens', 'specific', 'related', heading(<span class="unseen">share</span>)]}
            rows={languages.map((language) => [
                <a href={routeTo('neurons', { languages: language.tag })}>
                    <LanguageName language={language} />
                </a>,
                ...[language.tokens, language.specific, language.related].map(formatCount),
                <td class="bar">
                    {bar('specific', language.specific)}
                    {bar('related', language.related)}
                </td>,
            ])}
        />
    );
}

/** Specific and related neurons of each language in each layer. */
function LayerLanguages({ summary }: { summary: SiteSummary }): ComponentChild {
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
