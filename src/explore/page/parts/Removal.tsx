import type { ComponentChild } from 'preact';
import { useState } from 'preact/hooks';
import { livePaths, type RemovalEvent } from '../../live/liveFormat.js';
import { askModel } from '../data/askModel.js';
import type { LoadedSite } from '../data/site.js';
import { usePending } from '../data/usePending.js';
import { formatCount } from '../../../support/format.js';
import { DataTable } from './DataTable.js';
import { LanguageTag } from './languageText.js';

/** What removing one neuron alone does to texts in each language, measured when asked for. Its key is the neuron. */
export function Removal({ site, flat }: { site: LoadedSite; flat: number }): ComponentChild {
    const { live, languages } = site.summary;
    const [rows, setRows] = useState<readonly RemovalEvent[]>([]);
    const { pending, failed, begin, stop } = usePending();
    if (live === undefined) return null;
    const measure = (): void =>
        begin(async (signal) => {
            const found: RemovalEvent[] = [];
            setRows([]);
            for await (const row of askModel<RemovalEvent>(livePaths.removal, { neuron: flat }, signal))
                setRows([...(found.push(row), found)]);
        });
    return (
        <section aria-labelledby="removal">
            <h2 id="removal">What removing it alone does</h2>
            {live === null ? (
                <p class="small">Start explore with --model to measure it.</p>
            ) : (
                <p class="tools">
                    <button type="button" disabled={pending} onClick={measure}>
                        Measure
                    </button>
                    <button type="button" disabled={!pending} onClick={stop}>
                        Stop
                    </button>
                    <span role="status" class="small">
                        {pending ? `${rows.length} of ${languages.length} languages` : ''}
                    </span>
                </p>
            )}
            {failed !== '' && <p role="alert">{failed}</p>}
            {rows.length > 0 && <RemovalTable site={site} rows={rows} />}
        </section>
    );
}

function RemovalTable({ site, rows }: { site: LoadedSite; rows: readonly RemovalEvent[] }): ComponentChild {
    return (
        <>
            <p class="small">
                Change of the mean log-probability of a token, in thousandths of a nat; below 0 the text becomes less
                likely. The interval is that of 95 %, over the texts; where it holds 0, the number is grey.
            </p>
            <DataTable
                name="Table of what removing it does"
                columns={['language', 'change', '95 % interval', 'perplexity', 'without it', 'tokens']}
                rows={rows.map(({ language, tokens, whole, without, change, interval }) => [
                    <LanguageTag tag={language} languages={site.summary.languages} />,
                    <td class={isNoise(interval) ? 'none' : 'high'}>{thousandths(change)}</td>,
                    interval === null ? '–' : interval.map(thousandths).join(' to '),
                    ...[whole.toFixed(2), without.toFixed(2), formatCount(tokens)],
                ])}
            />
        </>
    );
}

function isNoise(interval: RemovalEvent['interval']): boolean {
    return interval === null || (interval[0] <= 0 && interval[1] >= 0);
}

// 'negative': what rounds to zero has no sign
const oneDigit = new Intl.NumberFormat('en', {
    minimumFractionDigits: 1,
    maximumFractionDigits: 1,
    signDisplay: 'negative',
});

function thousandths(nats: number): string {
    return oneDigit.format(1000 * nats).replace('-', '−');
}
