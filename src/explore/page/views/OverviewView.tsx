import type { ComponentChild } from 'preact';
import type { SiteSummary } from '../../siteFormat.js';
import { changeSettings, route } from '../data/route.js';
import { routeTo } from '../data/routeText.js';
import type { LoadedSite } from '../data/site.js';
import { Comparison } from '../parts/Comparison.js';
import { DoseCurves } from '../parts/DoseCurves.js';
import { Experts } from '../parts/Experts.js';
import { LayerLanguages } from '../parts/LayerLanguages.js';
import { LanguageName, languageOption } from '../parts/languageText.js';
import { LayerCurves } from '../parts/LayerCurves.js';
import { Lens } from '../parts/Lens.js';
import { Matrices } from '../parts/Matrices.js';
import { NeuronMap } from '../parts/NeuronMap.js';
import { formatCount, formatShare } from '../../../support/format.js';
import { SharedNeurons } from '../parts/SharedNeurons.js';

/** What was found, at a glance. */
export function OverviewView({ site }: { site: LoadedSite }): ComponentChild {
    const { summary } = site;
    const { languages } = summary;
    const settings = route.value.settings;
    const colored = languages.findIndex(({ tag }) => tag === settings.get('language'));
    return (
        <>
            <Headline summary={summary} />
            <section aria-labelledby="map">
                <h2 id="map">Where the neurons are</h2>
                <p class="tools">
                    <label>
                        Colour{' '}
                        <select
                            value={settings.get('language') ?? ''}
                            onChange={({ currentTarget }) => changeSettings({ language: currentTarget.value })}
                        >
                            <option value="">neurons of every language</option>
                            {languages.map((language) => (
                                <option key={language.tag} value={language.tag}>
                                    {languageOption(language)}
                                </option>
                            ))}
                        </select>
                    </label>
                    <span class="legend">
                        <i class="specific" /> specific <i class="related" /> related <i class="general" /> general
                    </span>
                </p>
                <NeuronMap site={site} language={colored === -1 ? undefined : colored} />
            </section>
            <div class="pair">
                <section aria-labelledby="layers">
                    <h2 id="layers">Layers</h2>
                    <p>{summary.stages.sentence}</p>
                    <LayerCurves
                        layers={summary.layers}
                        stages={summary.stages.layers}
                        name="Neurons of each layer by class"
                    />
                </section>
                <section aria-labelledby="languages">
                    <h2 id="languages">Languages</h2>
                    <Languages summary={summary} />
                    <h3>By layer</h3>
                    <LayerLanguages summary={summary} />
                </section>
            </div>
            <div class="pair">
                <section aria-labelledby="shared">
                    <h2 id="shared">Neurons that languages share</h2>
                    <SharedNeurons summary={summary} />
                </section>
                {summary.matrices.length > 0 && (
                    <section aria-labelledby="experiments">
                        <h2 id="experiments">What changing them does</h2>
                        <Matrices summary={summary} />
                    </section>
                )}
            </div>
            {summary.curves.length > 0 && (
                <section aria-labelledby="doses">
                    <h2 id="doses">How many of them it takes</h2>
                    <DoseCurves summary={summary} />
                </section>
            )}
            {summary.comparison !== undefined && (
                <section aria-labelledby="comparison">
                    <h2 id="comparison">Before and after</h2>
                    <Comparison summary={summary} />
                </section>
            )}
            {summary.lens !== undefined && (
                <section aria-labelledby="lens">
                    <h2 id="lens">Languages of the likeliest tokens, layer by layer</h2>
                    <Lens summary={summary} />
                </section>
            )}
            {summary.experts !== undefined && (
                <section aria-labelledby="experts">
                    <h2 id="experts">Experts by language</h2>
                    <Experts summary={summary} />
                </section>
            )}
        </>
    );
}

function Headline({ summary }: { summary: SiteSummary }): ComponentChild {
    const { layers, sites, selected, general, languages, topRate, model, warnings } = summary;
    const neurons = sites.reduce((sum, { width, experts }) => sum + width * experts, 0);
    const [specific, related] = [
        layers.reduce((sum, layer) => sum + layer.specific, 0),
        layers.reduce((sum, layer) => sum + layer.related, 0),
    ];
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
    return (
        <div class="scroll" tabIndex={0} role="region" aria-label="Neurons of each language">
            <table>
                <thead>
                    <tr>
                        <th scope="col" class="text">
                            language
                        </th>
                        <th scope="col">tokens</th>
                        <th scope="col">specific</th>
                        <th scope="col">related</th>
                        <th scope="col" class="text">
                            <span class="unseen">share</span>
                        </th>
                    </tr>
                </thead>
                <tbody>
                    {languages.map((language) => (
                        <tr key={language.tag}>
                            <th scope="row" class="text">
                                <a href={routeTo('neurons', { languages: language.tag })}>
                                    <LanguageName language={language} />
                                </a>
                            </th>
                            <td>{formatCount(language.tokens)}</td>
                            <td>{formatCount(language.specific)}</td>
                            <td>{formatCount(language.related)}</td>
                            <td class="bar">
                                <i class="specific" style={{ width: `${(100 * language.specific) / most}%` }} />
                                <i class="related" style={{ width: `${(100 * language.related) / most}%` }} />
                            </td>
                        </tr>
                    ))}
                </tbody>
            </table>
        </div>
    );
}
