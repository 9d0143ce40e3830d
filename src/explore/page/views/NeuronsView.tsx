import type { ComponentChild, TargetedSubmitEvent } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { classNames, type SiteSummary } from '../../siteFormat.js';
import { neuronSettingsText, readQuery, sortName } from '../data/neuronSettings.js';
import type { Query, QueryResult } from '../data/Query.js';
import { changeSettings, route } from '../data/route.js';
import { routeTo } from '../data/routeText.js';
import type { LoadedSite } from '../data/site.js';
import { exampleNames, flatNamed } from '../data/sites.js';
import type { TableClient } from '../data/TableClient.js';
import { Chips } from '../parts/Chips.js';
import { Choice } from '../parts/Choice.js';
import { CsvButton } from '../parts/CsvButton.js';
import { Field, NumberField } from '../parts/Field.js';
import { languageOption } from '../parts/languageText.js';
import { Histogram } from '../parts/Histogram.js';
import { NeuronGrid } from '../parts/NeuronGrid.js';
import { TokenField } from '../parts/TokenField.js';
import { formatCount } from '../../../support/format.js';

const bins = 50;

/** Every neuron as a row, with filters. */
export function NeuronsView({ site }: { site: LoadedSite }): ComponentChild {
    const { table, summary } = site;
    const query = readQuery(route.value.settings, summary);
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
            const { probability, ...others } = query;
            const all = probability === undefined ? result : await table.ask('query', others);
            const histogram = await table.ask('histogram', all.rows, shownLanguage, bins);
            if (wanted) setCounts(histogram);
        })();
        return () => void (wanted = false);
    }, [ready, key, shownLanguage]);

    if (table.failed.value !== '') return <p role="alert">The neurons cannot be shown. {table.failed.value}</p>;
    return (
        <>
            <h1>Neurons</h1>
            <Filters site={site} query={query} />
            <Probability summary={summary} query={query} language={shownLanguage} counts={counts} />
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

interface ProbabilityProps {
    readonly summary: SiteSummary;
    readonly query: Query;
    /** Whose probabilities are shown. */
    readonly language: number;
    readonly counts: readonly number[];
}

function Probability({ summary, query: { probability }, language, counts }: ProbabilityProps): ComponentChild {
    const { tag, english } = summary.languages[language]!;
    return (
        <details class="probability" open={probability !== undefined}>
            <summary>Activation probability in a language</summary>
            <p class="tools">
                <Choice
                    label="Language"
                    value={tag}
                    options={summary.languages.map((one) => [one.tag, languageOption(one)])}
                    take={(chosen) => changeSettings({ p: `${chosen},0,1` })}
                />
            </p>
            <Histogram
                label={english}
                counts={counts}
                range={probability && [probability.least, probability.most]}
                onRange={(range) => {
                    const bounds = range?.map((one) => Number(one.toFixed(3)));
                    changeSettings({ p: bounds === undefined ? '' : `${tag},${bounds.join()}` });
                }}
            />
        </details>
    );
}

const none = new Uint32Array(0);

function statusOf(table: TableClient, waitsForTokens: boolean, found: QueryResult | undefined): string {
    const share = ({ value }: { readonly value: number }): string => `${Math.round(100 * value)} %`;
    if (table.ready.value && waitsForTokens) return `Reading the tokens: ${share(table.tokens.loaded)}`;
    if (found === undefined) return `Reading the neurons: ${share(table.loaded)}`;
    return `${formatCount(found.rows.length)} neurons, found in ${Math.ceil(found.milliseconds)} ms`;
}

function Filters({ site, query }: { site: LoadedSite; query: Query }): ComponentChild {
    const { summary, starts } = site;
    const [unknown, setUnknown] = useState('');
    const example = `such as ${exampleNames(summary.sites, starts)[0]}`;
    const open = (event: TargetedSubmitEvent<HTMLFormElement>): void => {
        event.preventDefault();
        const name = String(new FormData(event.currentTarget).get('name') ?? '');
        const flat = flatNamed(name, summary.sites, starts);
        if (typeof flat === 'string') setUnknown(`The neuron cannot be opened: ${flat}.`);
        else location.hash = routeTo('neuron', {}, name.trim());
    };
    return (
        <form class="filters" onSubmit={open}>
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
            <Range label="Layers" name="layers" range={query.layers} top={summary.layers.length - 1} />
            <Range
                label="Languages in which it is high (N)"
                name="high"
                range={query.high}
                top={summary.languages.length}
            />
            <TokenField site={site} search={query.token} />
            <span>
                <Field label="Neuron" name="name" placeholder={example} size={16} autocomplete="off" />{' '}
                <button type="submit">Open</button>
            </span>
            <button type="button" onClick={() => void (location.hash = routeTo('neurons'))}>
                Reset the filters
            </button>
            {unknown !== '' && <p role="alert">{unknown}</p>}
        </form>
    );
}

interface RangeProps {
    readonly label: string;
    /** In the address. */
    readonly name: string;
    readonly range: readonly [least: number, most: number];
    readonly top: number;
}

function Range({ label, name, range: [least, most], top }: RangeProps): ComponentChild {
    const field = (
        end: string,
        value: number,
        otherwise: number,
        textOf: (value: number) => string,
    ): ComponentChild => {
        const take = (taken: number): void => changeSettings({ [name]: textOf(taken) });
        return <NumberField label={end} range={[0, top]} value={value} otherwise={otherwise} take={take} />;
    };
    return (
        <fieldset class="range">
            <legend>{label}</legend>
            {field('from', least, 0, (value) => `${value}..${most}`)}
            {field('to', most, top, (value) => `${least}..${value}`)}
        </fieldset>
    );
}
