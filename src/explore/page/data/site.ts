import { siteVersion, type SiteSummary, summaryPath } from '../../siteFormat.js';
import { type Classified, readClassified } from './classified.js';
import { fetchFile, loadColumn } from './loadColumn.js';
import { routeTo } from './routeText.js';
import { flatName, startsOf } from './sites.js';
import { TableClient } from './TableClient.js';

/** Everything that the views read. */
export interface LoadedSite {
    readonly summary: SiteSummary;
    /** Flat index of each site's first neuron; see `startsOf`. */
    readonly starts: readonly number[];
    readonly table: TableClient;
    /** Of the map: read beside the table, since it is small and drawn first. */
    readonly classified: Promise<Classified>;
}

/** @throws Error in one line where the summary cannot be read, or is of another version */
export async function loadSite(base: string): Promise<LoadedSite> {
    const summary = (await (await fetchFile(summaryPath, base)).json()) as SiteSummary;
    if (summary.version !== siteVersion)
        throw new Error(
            `${summaryPath} has version ${summary.version}, this page reads ${siteVersion}: export it again`,
        );
    const starts = startsOf(summary.sites);
    const { columns, languages } = summary;
    const column = loadColumn(base, columns.classified);
    const classified = column.then((data) => readClassified(data, languages.length));
    return { summary, starts, table: new TableClient(base, summary, column), classified };
}

/** The link to a neuron's own view. */
export function neuronRoute(flat: number, { summary, starts }: LoadedSite): string {
    return routeTo('neuron', {}, flatName(flat, summary.sites, starts));
}
