import type { ComponentChild } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { classNames } from '../../siteFormat.js';
import { neuronSettingsText, readQuery, sortName } from '../data/neuronSettings.js';
import type { QueryResult } from '../data/Query.js';
import { changeSettings, route } from '../data/route.js';
import { routeTo } from '../data/routeText.js';
import type { LoadedSite } from '../data/site.js';
import { flatNamed } from '../data/sites.js';
import type { TableClient } from '../data/TableClient.js';
import { Chips } from '../parts/Chips.js';
import { CsvButton } from '../parts/CsvButton.js';
import { languageOption } from '../parts/languageText.js';
import { Histogram } from '../parts/Histogram.js';
import { NeuronGrid } from '../parts/NeuronGrid.js';
import { TokenField } from '../parts/TokenField.js';
import { formatCount } from '../../../support/format.js';

const bins = 50;

/** Every neuron as a row, with filters. */
export function NeuronsView({ site }: { site: LoadedSite }): ComponentChild {
    const { table, summary } = site;
    const { settings } = route.value;
    const query = readQuery(settings, summary);
    const key = neuronSettingsText(query);
    const waits = query.token !== undefined && !table.tokens.ready.value;
    const ready = table.ready.value && !waits;
    const [found, setFound] = useState<QueryResult>();
    const [counts, setCounts] = useState<readonly number[]>([]);
    const shownLanguage = query.probability?.language ?? query.languages[0] ?? 0;

    useEffect(() => {
        if (table.ready.value && summary.tokenBlocks > 0) table.readTokens();
    }, [table.ready.value]);
    useEffect(() => {
        if (!ready) return;
        let wanted = true;
        void (async () => {
            const result = await table.ask('query', query);
            if (wanted) setFound(result);
            // Of what the other filters leave: a range is chosen among these.
            const all =
                query.probability === undefined
                    ? result
                    : await table.ask('query', { ...query, probability: undefined });
            const histogram = await table.ask('histogram', all.rows, shownLanguage, bins);
            if (wanted) setCounts(histogram);
        })();
        return () => void (wanted = false);
    }, [ready, key, shownLanguage]);

    if (table.failed.value !== '') return <p role="alert">The neurons cannot be shown. {table.failed.value}</p>;
    return (
        <>
            <h1>Neurons</h1>
            <Filters site={site} />
            <details class="probability" open={query.probability !== undefined}>
                <summary>Activation probability in a language</summary>
                <p class="tools">
                    <label>
                        Language{' '}
                        <select
                            value={summary.languages[shownLanguage]!.tag}
                            onChange={({ currentTarget }) => changeSettings({ p: `${currentTarget.value},0,1` })}
                        >
                            {summary.languages.map((language) => (
                                <option key={language.tag} value={language.tag}>
                                    {languageOption(language)}
                                </option>
                            ))}
                        </select>
                    </label>
                </p>
                <Histogram
                    label={summary.languages[shownLanguage]!.english}
                    counts={counts}
                    range={
                        query.probability === undefined ? undefined : [query.probability.least, query.probability.most]
                    }
                    onRange={(range) => {
                        const { tag } = summary.languages[shownLanguage]!;
                        const bounds = range?.map((one) => Number(one.toFixed(3)));
                        changeSettings({ p: bounds === undefined ? '' : `${tag},${bounds.join()}` });
                    }}
                />
            </details>
            {table.tokens.failed.value !== '' && <p role="alert">No token can be found. {table.tokens.failed.value}</p>}
            <div class="tools">
                <span role="status">{statusOf(table, waits, found)}</span>
                <CsvButton site={site} flats={found?.rows ?? none} />
            </div>
            <NeuronGrid
                site={site}
                flats={found?.rows ?? none}
                sort={query.sort}
                descending={query.descending}
                token={query.token}
                onSort={(column) =>
                    changeSettings({
                        sort: sortName(column, summary),
                        order: column === query.sort && !query.descending ? 'descending' : '',
                    })
                }
            />
        </>
    );
}

const none = new Uint32Array(0);

function statusOf(table: TableClient, waitsForTokens: boolean, found: QueryResult | undefined): string {
    const share = ({ value }: { readonly value: number }): string => `${Math.round(100 * value)} %`;
    if (table.ready.value && waitsForTokens) return `Reading the tokens: ${share(table.tokens.loaded)}`;
    if (found === undefined) return `Reading the neurons: ${share(table.loaded)}`;
    return `${formatCount(found.rows.length)} neurons, found in ${Math.ceil(found.milliseconds)} ms`;
}

function Filters({ site }: { site: LoadedSite }): ComponentChild {
    const { summary, starts } = site;
    const { settings } = route.value;
    const query = readQuery(settings, summary);
    const [unknown, setUnknown] = useState('');
    const range = (
        label: string,
        name: string,
        [least, most]: readonly [number, number],
        top: number,
    ): ComponentChild => (
        <fieldset class="range">
            <legend>{label}</legend>
            {(['from', 'to'] as const).map((end, i) => (
                <label key={end}>
                    {end}{' '}
                    <input
                        type="number"
                        min={0}
                        max={top}
                        value={i === 0 ? least : most}
                        onChange={({ currentTarget: { valueAsNumber } }) => {
                            const value = Number.isNaN(valueAsNumber) ? (i === 0 ? 0 : top) : valueAsNumber;
                            changeSettings({ [name]: i === 0 ? `${value}..${most}` : `${least}..${value}` });
                        }}
                    />
                </label>
            ))}
        </fieldset>
    );
    return (
        <form
            class="filters"
            onSubmit={(event) => {
                event.preventDefault();
                const name = String(new FormData(event.currentTarget).get('name') ?? '');
                const flat = flatNamed(name, summary.sites, starts);
                if (typeof flat === 'string') setUnknown(`The neuron cannot be opened: ${flat}.`);
                else location.hash = routeTo('neuron', {}, name.trim());
            }}
        >
            <Chips
                legend="Class"
                chips={classNames.map((name) => ({ value: name, label: name }))}
                chosen={query.classes}
                onChange={(classes) => changeSettings({ classes: classes.length === 0 ? 'any' : classes.join() })}
            />
            <Chips
                legend="Languages"
                chips={summary.languages.map(({ tag, english, own }) => ({
                    value: tag,
                    label: tag,
                    title: own === english ? english : `${english}, ${own}`,
                }))}
                chosen={query.languages.map((k) => summary.languages[k]!.tag)}
                onChange={(tags) => changeSettings({ languages: tags.join() })}
            />
            <label class="check">
                <input
                    type="checkbox"
                    checked={query.everyLanguage}
                    onChange={({ currentTarget }) => changeSettings({ all: currentTarget.checked ? '1' : '' })}
                />{' '}
                of all these languages, not of one of them
            </label>
            {range('Layers', 'layers', query.layers, summary.layers.length - 1)}
            {range('Languages in which it is high (N)', 'high', query.high, summary.languages.length)}
            <TokenField site={site} search={query.token} />
            <span>
                <label>
                    Neuron <input name="name" placeholder="layer:neuron" size={12} autocomplete="off" />
                </label>{' '}
                <button type="submit">Open</button>
            </span>
            <button
                type="button"
                onClick={() => {
                    location.hash = routeTo('neurons');
                }}
            >
                Reset the filters
            </button>
            {unknown !== '' && <p role="alert">{unknown}</p>}
        </form>
    );
}
