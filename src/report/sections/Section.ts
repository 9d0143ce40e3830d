import type { TopLevelSpec } from 'vega-lite';
import type { Html } from '../html.js';
import type { ReportInput } from '../Report.js';
import type { DataTable } from '../tables/DataTable.js';

export type ChapterName = keyof ReturnType<typeof chapterTitles>;

/** Titles of the chapters in their order. */
export function chapterTitles({ comparison }: ReportInput) {
    const [first, last] = [comparison?.analyses[0]?.label, comparison?.analyses.at(-1)?.label];
    const between = `from ${first} to ${last}`;
    return {
        overview: 'What was found',
        neurons: 'What the neurons are, and where they are',
        neuronsList: 'Neurons of each language',
        deactivation: 'What removing them does',
        answers: 'What the model says without them',
        intervention: 'What changing them otherwise does',
        dose: 'How many of them it takes',
        comparison: comparison?.trained.length ? `What alignment changed, ${between}` : `What changed ${between}`,
    };
}

/** One figure with all that belongs to it: caption, numbers, CSV file. */
export interface Section {
    /** Name of the figure's file without ending; its anchor on the page. */
    readonly id: string;
    readonly chapter: ChapterName;
    readonly title: string;
    readonly spec: TopLevelSpec;
    /** What a screen reader says in place of the figure. */
    readonly label: string;
    /** What is seen, how to read it, and the paper's figure it corresponds to. */
    readonly caption: Html;
    /** The figure's numbers for the page. */
    readonly numbers: Html;
    /** The same numbers, in full, for a file. */
    readonly table: DataTable;
    /** The numbers as a paper prints them. Default: `table`. */
    readonly printed?: DataTable;
    /** The figure takes the full width; its caption goes below. */
    readonly wide?: boolean;
    /** Why the figure is folded away, in a sentence. Default: it is shown. */
    readonly folded?: string;
}
