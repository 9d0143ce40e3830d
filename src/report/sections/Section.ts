import type { TopLevelSpec } from 'vega-lite';
import type { Html } from '../html.js';
import type { DataTable } from '../tables/DataTable.js';

/** The report tells its story in this order. */
export const chapters = {
    neurons: 'What the neurons are, and where they sit',
    deactivation: 'What removing them does',
    intervention: 'What changing them otherwise does',
    dose: 'How many of them it takes',
    comparison: 'What alignment changed',
} as const;

/** One figure with all that belongs to it: caption, numbers, CSV file. */
export interface Section {
    /** Name of the figure's file without ending; its anchor on the page. */
    readonly id: string;
    readonly chapter: keyof typeof chapters;
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
    /** The figure takes the full width; its caption goes below. */
    readonly wide?: boolean;
}
