import { readdir, readFile } from 'node:fs/promises';
import { join, posix } from 'node:path';
import { fileURLToPath } from 'node:url';
import { effectsOf } from '../effects/effectsFile.js';
import { withEffects } from '../effects/withEffects.js';
import { LanguageNeuronsError } from '../errors.js';
import { examplesPath, openExamples } from '../examples/examplesFile.js';
import { areOfAnalysis, withExamples } from '../examples/withExamples.js';
import { neuronTable } from '../neurons/tables/neuronTable.js';
import { readReportSource } from '../report/reportOn.js';
import { neuronColumns } from './neuronColumns.js';
import { siteEffects } from './siteEffects.js';
import { siteExamples } from './siteExamples.js';
import { type SiteSummary, summaryPath } from './siteFormat.js';
import { siteResults } from './siteResults.js';
import { siteSummary } from './siteSummary.js';
import { siteTokens } from './siteTokens.js';

/** Files of a site by their paths in it, `/` between folders; each is made when it is asked for. */
export type SiteFiles = ReadonlyMap<string, () => Buffer | Promise<Buffer>>;

export interface SiteOptions {
    /** Heading. Default: the model's name. */
    readonly title?: string | undefined;
    /** What the live pages know of the model, or that none is open. Default: the site has no live pages. */
    readonly live?: SiteSummary['live'];
}

/** Built by `npm run build` from `src/explore/page`. */
const pageFolder = fileURLToPath(new URL('../../dist/explore/page/', import.meta.url));

/**
 * The site of a run folder: the page, and the data that it reads.
 * @throws LanguageNeuronsError NOT_FOUND, DAMAGED, MISMATCH where the neurons are of other counts
 */
export async function buildSite(folder: string, { title, live }: SiteOptions = {}): Promise<SiteFiles> {
    const page = await pageFiles();
    const { input, activations } = await readReportSource(folder, { title });
    const { analysis } = input;
    const file = await effectsOf(folder, analysis);
    const opened = await openExamples(examplesPath(folder));
    // Those of another model are left out.
    const examples = opened !== undefined && areOfAnalysis(opened.head, analysis) ? opened : undefined;
    const table = withExamples(withEffects(neuronTable(activations, analysis), file), examples?.head);
    const columns = neuronColumns(table, activations, analysis);
    const results = siteResults(input);
    const effects = file === undefined ? undefined : siteEffects(file, analysis, table.starts);
    const tokens = siteTokens(table, examples?.head);
    const known = siteSummary(input, columns, results);
    const summary = {
        ...known,
        live,
        effects: effects?.firsts,
        hasExamples: examples !== undefined,
        tokenBlocks: tokens.size,
    } satisfies SiteSummary;
    return new Map<string, () => Buffer | Promise<Buffer>>([
        ...page,
        [summaryPath, () => Buffer.from(JSON.stringify(summary))],
        ...results.files,
        ...(effects?.files ?? []),
        ...siteExamples(examples, table.starts),
        ...tokens,
        ...Object.values(columns).flatMap(({ blocks }) => [...blocks]),
    ]);
}

async function pageFiles(): Promise<[path: string, content: () => Buffer][]> {
    const entries = await readdir(pageFolder, { recursive: true, withFileTypes: true }).catch((cause: unknown) => {
        throw new LanguageNeuronsError(
            'NOT_FOUND',
            `${pageFolder}: the explorer's page is not built; run npm run build`,
            {
                cause,
            },
        );
    });
    return Promise.all(
        entries
            .filter((entry) => entry.isFile())
            .map(async (entry) => {
                const path = join(entry.parentPath, entry.name);
                const content = await readFile(path);
                const place = path.slice(pageFolder.length).split(/[\\/]/).join(posix.sep);
                return [place, () => content] as [string, () => Buffer];
            }),
    );
}
