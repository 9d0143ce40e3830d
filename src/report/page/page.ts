import { analysisNotes } from '../../neurons/classes/analysisNotes.js';
import { headline } from '../sentences/headline.js';
import { html, type Html, raw, withCode } from '../../support/html.js';
import { definitions, provenance } from '../sentences/provenance.js';
import type { ReportInput } from '../input/Report.js';
import { chapterIntroduction } from '../sections/chapterIntroduction.js';
import { chapterTitles, type Section } from '../sections/Section.js';
import { summary } from '../sentences/summary.js';
import { pageShell } from './shell.js';

/** A section with its rendered figure and its file of numbers. */
export interface RenderedSection {
    readonly section: Section;
    readonly svg: string;
    /** Text of the CSV file. */
    readonly csv: string;
}

interface Numbered extends RenderedSection {
    readonly number: number;
}

/** A part of the page below the contents. */
interface Part {
    readonly id: string;
    readonly title: string;
    readonly content: Html;
    readonly figures: readonly Numbered[];
}

/** The whole page: one file that needs no other and no network. */
export function page(input: ReportInput, sections: readonly RenderedSection[]): string {
    const numbered = sections.map((rendered, index) => ({ ...rendered, number: index + 1 }));
    const parts = [...chapters(input, numbered), definitionsPart(input), settingsPart(input)];
    const entries = parts.map(({ id, title, figures }) => ({
        id,
        title,
        figures: figures.map(({ number, section }) => ({ number, id: section.id, title: section.title })),
    }));
    return pageShell({
        title: input.title,
        kind: 'report',
        version: input.generatedBy.version,
        lead: headline(input),
        contents: contents(entries),
        main: html`${remarks(input)}${parts.map(({ content }) => content)}`,
    });
}

function remarks({ notes = [], warnings: given = [], analysis, comparison }: ReportInput): Html | false {
    const warnings = [...analysisNotes(analysis), ...given, ...(comparison?.notes ?? [])];
    if (warnings.length + notes.length === 0) return false;
    return html`<section class="remarks" aria-label="Remarks">
        ${
            warnings.length > 0 &&
            html`<div class="warnings" role="note">
                ${warnings.map((warning) => html`<p><b>Note:</b> ${withCode(warning)}</p>`)}
            </div>`
        }
        ${notes.length > 0 && html`<div class="notes">${notes.map((note) => html`<p>${note}</p>`)}</div>`}
    </section>`;
}

function chapters(input: ReportInput, sections: readonly Numbered[]): Part[] {
    return [...chapterTitles(input)].flatMap(([name, title]) => {
        const figures = sections.filter(({ section }) => section.chapter === name);
        const introduction = name === 'overview' ? summary(input) : chapterIntroduction(input, name);
        if (figures.length === 0 && introduction === false) return [];
        const content = html` <h2 class="chapter" id="${name}">${title}</h2>
            ${name === 'overview' ? [figures.map(figure), introduction] : [introduction, figures.map(figure)]}`;
        return [{ id: name, title, content, figures }];
    });
}

function definitionsPart(input: ReportInput): Part {
    return { id: 'definitions', title: 'Definitions', content: definitions(input), figures: [] };
}

function settingsPart(input: ReportInput): Part {
    return { id: 'settings', title: 'Settings and versions', content: provenance(input), figures: [] };
}

/** A figure with its caption, its numbers and its files. */
export function figure({ section, svg, csv, number }: Numbered): Html {
    const drawn = html`
<figure${section.wide === true && html` class="wide${section.shrinks === true && ' shrinks'}"`}>
<div class="scroll" tabindex="0" role="region" aria-label="Figure ${number}">${raw(svg)}</div>
<figcaption>${section.caption}</figcaption>
</figure>`;
    return html` <section id="${section.id}">
        <h3>Figure ${number}. ${section.title}</h3>
        ${
            section.folded === undefined
                ? drawn
                : html`<p>${section.folded}</p>
                      <details>
                          <summary>Show figure ${number}</summary>
                          ${drawn}
                      </details>`
        }
        <details>
            <summary>Numbers behind figure ${number}</summary>
            ${section.numbers}
        </details>
        <p class="downloads" data-name="${section.id}">
            <a
                download="${section.table.name}.csv"
                href="data:text/csv;charset=utf-8,${encodeURIComponent(csv)}"
                aria-label="Figure ${number} as CSV"
                >CSV</a
            >
        </p>
    </section>`;
}

type FigureEntry = { readonly id: string; readonly title: string; readonly number: number };

/** A chapter in the table of contents, with its figures. */
interface ContentsEntry {
    readonly id: string;
    readonly title: string;
    readonly figures: readonly FigureEntry[];
}

/** The table of contents; beside the page where it is wide enough. */
function contents(entries: readonly ContentsEntry[]): Html {
    return html` <nav aria-label="Contents">
        <h2>Contents</h2>
        <ol>
            ${entries.map(
                ({ id, title, figures }) =>
                    html`<li>
                        <a href="#${id}">${title}</a>${
                            figures.length > 0 &&
                            html`<ol>
                                ${figures.map(figureEntry)}
                            </ol>`
                        }
                    </li>`,
            )}
        </ol>
    </nav>`;
}

function figureEntry({ id, title, number }: FigureEntry): Html {
    return html`<li><a href="#${id}">${number}. ${title}</a></li>`;
}
