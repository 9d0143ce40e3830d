import { fromHtml } from 'hast-util-from-html';
import { toCsv } from '../../src/files/csv.js';
import type { ReportInput } from '../../src/report/input/Report.js';
import { page } from '../../src/report/page/page.js';
import { readReport, type ReportOptions } from '../../src/report/reportOn.js';
import { buildSections } from '../../src/report/sections/buildSections.js';

/** A report's page as it is written, but for its figures, which take most of the time. */
export function reportPage(input: ReportInput) {
    const sections = buildSections(input).map((section) => ({ section, svg: '', csv: toCsv(section.table, {}) }));
    const text = page(input, sections);
    return { text, tree: fromHtml(text), warnings: input.warnings ?? [] };
}

/** The same, of a run folder. */
export async function reportPageOn(folder: string, options: ReportOptions = {}) {
    return reportPage(await readReport(folder, options));
}
