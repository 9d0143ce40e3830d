import type { ComponentChild } from 'preact';
import type { LoadedSite } from '../data/site.js';
import { usePending } from '../data/usePending.js';

/** Saves neurons as CSV, all of them, in the order of the table. */
export function CsvButton({ site, flats }: { site: LoadedSite; flats: Uint32Array }): ComponentChild {
    const { table, summary } = site;
    const { pending, failed, begin } = usePending();
    const isReady = table.ready.value && (summary.tokenBlocks === 0 || table.tokens.ready.value);
    const save = (): void =>
        begin(async (signal) => {
            const file = await table.ask('csv', flats);
            if (signal.aborted) return;
            const url = URL.createObjectURL(file);
            const link = Object.assign(document.createElement('a'), { href: url, download: 'neurons.csv' });
            link.click();
            setTimeout(() => URL.revokeObjectURL(url), 60_000); // the browser reads it in its own time
        });
    return (
        <>
            <button
                type="button"
                disabled={!isReady || pending}
                title="Save these neurons as a file, all of them: the columns of neurons --out x.csv"
                onClick={save}
            >
                {pending ? 'Writing the CSV' : 'CSV'}
            </button>
            {failed !== '' && <span role="alert">The CSV cannot be written. {failed}</span>}
        </>
    );
}
