import { join } from 'node:path';
import { ensureSubfolder, writeFileAtomic } from '../files/fileAccess.js';
import { renderSvg } from './figures/renderSvg.js';
import { page, type RenderedSection } from './page/page.js';
import type { ReportFiles, ReportInput } from './input/Report.js';
import { buildSections } from './sections/buildSections.js';
import { latexTable } from './tables/latexTable.js';
import { type CsvOptions, toCsv } from '../files/csv.js';
import { checkSettings } from '../settings/checkSetting.js';
import { csvTable } from '../settings/settings.js';

const figuresFolder = 'figures';
const tablesFolder = 'tables';

/**
 * Writes a report into `folder`, which is made if need be: `report.html`, one self-contained page;
 * `figures/*.svg`; `tables/*.csv` and, for papers, `tables/*.tex`. Files of the same names are replaced, others are
 * left alone. The same input gives the same bytes.
 * @throws LanguageNeuronsError UNWRITABLE where a file cannot be written.
 */
export async function writeReport(folder: string, input: ReportInput, options: CsvOptions = {}): Promise<ReportFiles> {
    checkSettings(options, csvTable, {});
    const rendered: RenderedSection[] = [];
    for (const section of buildSections(input)) {
        rendered.push({
            section,
            svg: await renderSvg(section.spec, section.id, section.label),
            csv: toCsv(section.table, options),
        });
    }
    for (const name of [figuresFolder, tablesFolder]) await ensureSubfolder(folder, name);
    const figures: string[] = [];
    const tables: string[] = [];
    const latex: string[] = [];
    for (const { section, svg, csv } of rendered) {
        figures.push(await write(join(folder, figuresFolder, `${section.id}.svg`), `${svg}\n`));
        const { table, printed = table, title } = section;
        const beside = (ending: string): string => join(folder, tablesFolder, `${table.name}.${ending}`);
        tables.push(await write(beside('csv'), csv));
        latex.push(await write(beside('tex'), latexTable(printed, title)));
    }
    // Last, so that a page never stands without the files it points to.
    const html = await write(join(folder, 'report.html'), page(input, rendered));
    return { html, warnings: input.warnings ?? [], figures, tables, latex };
}

async function write(path: string, data: string): Promise<string> {
    await writeFileAtomic(path, data);
    return path;
}
