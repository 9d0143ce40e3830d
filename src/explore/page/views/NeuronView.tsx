import type { ComponentChild } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { sum } from '../../../support/averages.js';
import { routeTo } from '../data/routeText.js';
import { type LoadedSite, neuronRoute } from '../data/site.js';
import { flatName, flatNamed, placeOf } from '../data/sites.js';
import { type ExploredNeuron, leastActive, type Neighbour } from '../data/Query.js';
import { DataTable, heading } from '../parts/DataTable.js';
import { NeuronExamples } from '../parts/NeuronExamples.js';
import { LanguageName, languageCodes } from '../parts/languageText.js';
import { formatCount, formatQuantity } from '../../../support/format.js';
import { wilsonInterval } from '../../../support/normalIntervals.js';
import { Removal } from '../parts/Removal.js';
import { NeuronEffects } from '../parts/NeuronEffects.js';
import { formatThree } from '../parts/formatThree.js';

/** One neuron: how often it is active in each language, and the neurons that are most like it. */
export function NeuronView({ site, name }: { site: LoadedSite; name: string }): ComponentChild {
    const { summary, starts, table } = site;
    const flat = flatNamed(name, summary.sites, starts);
    const ready = table.ready.value;
    const [row, setRow] = useState<ExploredNeuron>();
    const [alike, setAlike] = useState<readonly Alike[]>([]);
    useEffect(() => {
        if (typeof flat === 'string' || !ready) return;
        let wanted = true;
        void (async () => {
            const found = await table.ask('row', flat);
            if (!wanted) return;
            setRow(found);
            const neighbours = await table.ask('neighbours', flat, 10);
            const rows = await table.ask(
                'rows',
                neighbours.map((one) => one.flat),
            );
            if (wanted) setAlike(neighbours.map((one, i) => ({ ...one, row: rows[i]! })));
        })();
        return () => void (wanted = false);
    }, [flat, ready]);
    if (table.failed.value !== '') return <p role="alert">The neuron cannot be shown. {table.failed.value}</p>;
    if (typeof flat === 'string')
        return (
            <p role="alert">
                The neuron cannot be shown: {flat}. <a href={routeTo('neurons')}>All neurons</a>
            </p>
        );
    const { site: place, expert, index } = placeOf(flat, summary.sites, starts);
    const where = summary.sites[place]!;
    return (
        <>
            <h1>
                Neuron {name}{' '}
                <small>
                    {where.kind === 'routed' ? `layer ${where.layer}, expert ${expert}` : where.name}, neuron{' '}
                    {formatCount(index)}
                </small>
            </h1>
            {row?.flat !== flat ? (
                <p role="status">Reading the neurons: {Math.round(100 * table.loaded.value)} %</p>
            ) : (
                <Facts site={site} row={row} alike={alike} />
            )}
        </>
    );
}

/** One like it, with what is known of it. */
type Alike = Neighbour & { readonly row: ExploredNeuron };

interface FactsProps {
    readonly site: LoadedSite;
    readonly row: ExploredNeuron;
    readonly alike: readonly Alike[];
}

function Facts({ site, row, alike }: FactsProps): ComponentChild {
    const { languages, threshold } = site.summary;
    return (
        <>
            <p>
                <b class={row.class}>{row.class === 'none' ? 'no class' : row.class}</b>
                {(row.class === 'specific' || row.class === 'related') && (
                    <> for {row.languages.map((k) => languages[k]!.english).join(', ')}</>
                )}
                {Number.isNaN(row.score)
                    ? ': its expert saw too few tokens to be assessed.'
                    : `; high in ${row.high} of ${languages.length} languages; score ${formatThree(row.score)}.`}
            </p>
            <section aria-labelledby="probabilities">
                <h2 id="probabilities">How often it is active</h2>
                <p class="small">
                    Share of tokens for which the activation is above 0, with its 95 % interval (Wilson). The line is
                    the threshold, {formatThree(threshold)}: above it the neuron is high.
                </p>
                <Probabilities site={site} row={row} />
            </section>
            <NeuronExamples site={site} flat={row.flat} />
            <Removal key={row.flat} site={site} flat={row.flat} />
            <NeuronEffects site={site} flat={row.flat} />
            <Alikes site={site} row={row} alike={alike} />
        </>
    );
}

function Probabilities({ site, row }: Omit<FactsProps, 'alike'>): ComponentChild {
    const { languages, threshold } = site.summary;
    const rows = languages.map((language, k) => {
        const [count, tokens, p] = [row.counts[k]!, row.tokens[k]!, row.probabilities[k]!];
        const [low, high] = tokens === 0 ? [0, 1] : wilsonInterval(count, tokens);
        return [
            <LanguageName language={language} />,
            <td class="probability">
                <span class="track" style={{ '--threshold': `${100 * threshold}%` }}>
                    <i class={p > threshold ? 'high' : ''} style={{ width: `${100 * p}%` }} />
                    <u style={{ left: `${100 * low}%`, width: `${100 * (high - low)}%` }} />
                </span>
            </td>,
            ...[formatThree(p), `${formatThree(low)} to ${formatThree(high)}`],
            ...[formatCount(count), formatCount(tokens)],
        ];
    });
    const wide = (
        <th scope="col" class="text wide">
            activation probability
        </th>
    );
    const columns = ['language', wide, 'p', '95 % interval', 'active tokens', 'of'];
    return <DataTable name="Table of activation probabilities" look="profile" columns={columns} rows={rows} />;
}

function Alikes({ site, row, alike }: FactsProps): ComponentChild {
    const active = sum(row.counts);
    const tooFew = Number.isNaN(row.score) || row.tokens.includes(0);
    // The standard error of a difference of two angles is √(1/T + 1/T).
    const chance = Math.sqrt(sum(row.tokens, (tokens) => 2 / tokens) / row.tokens.length);
    return (
        <section aria-labelledby="alike">
            <h2 id="alike">Neurons like it</h2>
            {tooFew ? (
                <p>Not to be told: its expert saw too few tokens.</p>
            ) : active < leastActive ? (
                <p>
                    Not to be told: it was active for {active === 0 ? 'no token' : formatQuantity(active, 'token')}. Of
                    fewer than {leastActive}, chance may make it unlike a neuron that is never active.
                </p>
            ) : (
                <>
                    <p class="small">
                        Those that are active about as often in each language: <i>difference</i> is the root mean square
                        over the languages of Cohen’s h, 2 · asin √p − 2 · asin √q. As many tokens of two neurons with
                        equal probabilities differ by some {formatThree(chance)}, by chance alone.
                    </p>
                    <AlikeTable site={site} alike={alike} />
                </>
            )}
        </section>
    );
}

function AlikeTable({ site, alike }: Omit<FactsProps, 'row'>): ComponentChild {
    const { languages, sites, threshold } = site.summary;
    return (
        <DataTable
            name="Table of the neurons like it"
            columns={[
                'neuron',
                'difference',
                heading('class'),
                heading('languages'),
                ...languages.map(({ tag }) => tag),
            ]}
            rows={alike.map(({ flat, difference, row: other }) => [
                <a href={neuronRoute(flat, site)}>{flatName(flat, sites, site.starts)}</a>,
                formatThree(difference),
                <td class={`text ${other.class}`}>{other.class}</td>,
                <td class="text">{languageCodes(languages, other.languages)}</td>,
                ...other.probabilities.map((p) => <td class={p > threshold ? 'high' : ''}>{formatThree(p)}</td>),
            ])}
        />
    );
}
