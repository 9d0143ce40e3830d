import { join } from 'node:path';
import { writeFileAtomic } from '../files/fileAccess.js';
import { type CsvOptions, toCsv } from '../files/csv.js';
import { shortNames } from '../quants/quantFile.js';
import type { Quants } from '../quants/quantsFile.js';
import { checkSettings } from '../settings/checkSetting.js';
import { csvTable } from '../settings/settings.js';
import { toolVersion } from '../versions.js';
import { renderSvg } from './figures/renderSvg.js';
import { html } from '../support/html.js';
import { figure } from './page/page.js';
import { pageShell } from './page/shell.js';
import { quantFilesTable, quantsSection, quantsVerdict } from './sections/quantsSection.js';
import type { DataTable } from './tables/DataTable.js';
import { htmlTable } from './tables/htmlTable.js';

/**
 * Writes `quants.html`, one page that needs no other file, and `quants.csv`.
 * @returns their paths
 * @throws LanguageNeuronsError UNWRITABLE
 */
export async function writeQuantsPage(
    folder: string,
    quants: Quants,
    options: CsvOptions = {},
): Promise<{ readonly html: string; readonly csv: string }> {
    checkSettings(options, csvTable, {});
    const shown = quantsSection(quants);
    const csv = toCsv(shown.table, options);
    const svg = await renderSvg(shown.spec, shown.id, shown.label);
    const name = quants.files[0]!.name;
    const content = pageShell({
        title: `Quantized files of ${name}`,
        kind: 'quants',
        version: toolVersion,
        lead: quantsVerdict(quants),
        main: html`${quants.notes.map((note) => html`<p><b>Note:</b> ${note}</p>`)}
            ${figure({ section: shown, svg, csv, number: 1 })}
            <section id="files">
                <h3>Files</h3>
                ${htmlTable(quantFilesTable(quants))}
            </section>
            <section id="neurons">
                <h3>Which language neurons survive</h3>
                <p>
                    Neurons that are specific to a language in the reference and in the file, found on the same texts by
                    the same procedure: overlap is the Jaccard index |A∩B| / |A∪B|, with its 95 % interval by leaving
                    out parts of the texts. The last column says by how much the activation probability of the
                    reference’s neurons changed on average, in percentage points.
                </p>
                ${htmlTable(neuronsTable(quants))}
            </section>`,
    });
    const paths = { html: join(folder, 'quants.html'), csv: join(folder, 'quants.csv') };
    await writeFileAtomic(paths.csv, csv);
    await writeFileAtomic(paths.html, content);
    return paths;
}

function neuronsTable({ files: all, languages }: Quants): DataTable {
    const names = shortNames(all);
    const [, ...files] = all;
    return {
        name: 'survival',
        columns: ['file', 'language', 'in the reference', 'in the file', 'overlap', 'from', 'to', 'change, points'],
        rows: files.flatMap((file) =>
            languages.map((language) => {
                const { specificBefore, specific, overlap, own } = file.perLanguage[language]!;
                const [low, high] = overlap.interval ?? [null, null];
                const rounded = (value: number | null): number | null => value && Number(value.toFixed(3));
                return [
                    ...[names.get(file.name)!, language, specificBefore, specific],
                    ...[overlap.value, low, high, own.value && 100 * own.value].map(rounded),
                ];
            }),
        ),
    };
}
