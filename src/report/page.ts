import { analysisNotes } from '../neurons/analysisNotes.js';
import { html, raw, type Html, withCode } from './html.js';
import { definitions, provenance } from './provenance.js';
import type { ReportInput } from './Report.js';
import { chapters, type Section } from './sections/Section.js';
import { styleSheet } from './styles.js';
import { keyNumbers, setsOverview, summary } from './summary.js';

/** A section and its rendered figure. */
export interface RenderedSection {
    readonly section: Section;
    readonly svg: string;
    /** Path of the CSV file as seen from the page. */
    readonly csv: string;
}

/** The whole page: one file that needs no other and no network. */
export function page(input: ReportInput, sections: readonly RenderedSection[]): string {
    const notes = input.notes ?? [];
    const warnings = [...analysisNotes(input.analysis), ...(input.warnings ?? []), ...(input.comparison?.notes ?? [])];
    const warned = warnings.map((warning) => html`<p><b>Note:</b> ${withCode(warning)}</p>`);
    const noted = notes.map((note) => html`<p>${note}</p>`);
    // The policy makes the browser itself refuse anything from outside.
    const content = html`<!doctype html>
        <html lang="en">
            <head>
                <meta charset="utf-8" />
                <meta name="viewport" content="width=device-width, initial-scale=1" />
                <meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'" />
                <meta name="generator" content="language-neurons ${input.generatedBy.version}" />
                <title>${input.title}</title>
                <style>
                    ${raw(styleSheet)}
                </style>
            </head>
            <body>
                <main>
                    <header>
                        <p>language-neurons report</p>
                        <h1>${input.title}</h1>
                    </header>
                    <section class="summary" style="margin-top:0">
                        ${warnings.length > 0 && html`<div class="warnings" role="note">${warned}</div>`}
                        ${keyNumbers(input)}${summary(input)}
                        ${notes.length > 0 && html`<div class="notes">${noted}</div>`}
                    </section>
                    ${chapterNames.map((name) =>
                        chapter(
                            name,
                            sections
                                .map((rendered, index) => ({ rendered, number: index + 1 }))
                                .filter(({ rendered }) => rendered.section.chapter === name),
                            input,
                        ),
                    )}
                    ${definitions(input)} ${provenance(input)}
                </main>
            </body>
        </html> `;
    return content.toString();
}

const chapterNames = Object.keys(chapters) as (keyof typeof chapters)[];

function chapter(
    name: keyof typeof chapters,
    figures: readonly { rendered: RenderedSection; number: number }[],
    input: ReportInput,
): Html | false {
    if (figures.length === 0) return false;
    return html` <h2 class="chapter" id="${name}">${chapters[name]}</h2>
        ${(name === 'deactivation' || name === 'intervention') && setsOverview(input, name)}
        ${figures.map(({ rendered, number }) => figure(rendered, number))}`;
}

function figure({ section, svg, csv }: RenderedSection, number: number): Html {
    return html`
<section id="${section.id}">
<h3>Figure ${number}. ${section.title}</h3>
<figure${section.wide === true && html` class="wide"`}>
<div class="scroll">${raw(svg)}</div>
<figcaption>${section.caption}</figcaption>
</figure>
<details><summary>Numbers behind figure ${number}</summary>${section.numbers}
<p class="small">In full: <a href="${csv}">${csv}</a></p></details>
</section>`;
}
