import type { TopLevelSpec } from 'vega-lite';
import { accuracy } from '../../experiments/answerMetrics/accuracy.js';
import { metricOf } from '../../experiments/registry/metrics.js';
import type { SaidAnswers } from '../../experiments/givenAnswers/saidAnswers.js';
import { isDeactivation } from '../../interventions/Operation.js';
import { operationInFiles } from '../../interventions/operationText.js';
import { stateWords } from '../../interventions/operationWords.js';
import type { Html } from '../../support/html.js';
import type { ReportInput } from '../input/Report.js';
import type { DataTable } from '../tables/DataTable.js';
import { htmlTable } from '../tables/htmlTable.js';

/** Titles of the chapters by their anchors, in their order. */
export function chapterTitles({ comparison, answers = [] }: ReportInput): ReadonlyMap<string, string> {
    const [first, last] = [comparison?.analyses[0]?.label, comparison?.analyses.at(-1)?.label];
    const between = `from ${first} to ${last}`;
    const several = new Set(answers.map(({ metric }) => metric)).size > 1;
    const said = (removed: boolean): [string, string][] =>
        answers
            .filter(({ operation }) => isDeactivation(operation) === removed)
            .map((one) => {
                const title = `What the model says ${stateWords('them', one.operation)}`;
                return [answersName(one), several ? `${title} (${metricOf(one.metric).noun})` : title];
            });
    return new Map([
        ['overview', 'What was found'],
        ['neurons', 'What the neurons are, and where they are'],
        ['neuronsList', 'Neurons of each language'],
        ['deactivation', 'What removing them does'],
        ...said(true),
        ['intervention', 'What changing them otherwise does'],
        ...said(false),
        ['dose', 'How many of them it takes'],
        ['comparison', comparison?.trained.length ? `What alignment changed, ${between}` : `What changed ${between}`],
        ['tune', 'Can it be kept in a language?'],
        ['smallerFiles', 'Which smaller file keeps its languages?'],
        ['checks', 'Would a sceptic believe it?'],
    ]);
}

/** Answers that were given for a metric under an operation. */
type AnswersOf = Pick<SaidAnswers, 'metric' | 'operation'>;

/** The anchor of the chapter of answers: `answers`, `answers.scale-0.5`, `answers.language`. */
export function answersName(answers: AnswersOf): string {
    return nameFor('answers', answers);
}

/** A name for what is of answers: those of accuracies have no name of the metric in it. */
export function nameFor(what: string, { metric, operation }: AnswersOf): string {
    const parts = [what, metric === accuracy.name ? undefined : metric, operationInFiles(operation)];
    return parts.filter((part) => part !== undefined).join('.');
}

/** One figure with all that belongs to it: caption, numbers, CSV file. */
export interface Section {
    /** Name of the figure's file without ending; its anchor on the page. */
    readonly id: string;
    /** Its anchor; see `chapterTitles`. */
    readonly chapter: string;
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
    /** A wide figure that is drawn smaller on a narrow screen, before it is scrolled. */
    readonly shrinks?: boolean;
    /** Why the figure is folded away, in a sentence. Default: it is shown. */
    readonly folded?: string;
}

/** A section that is named as its table, and shows it unless other numbers are given. */
export function section(
    chapter: string,
    table: DataTable,
    rest: Omit<Section, 'id' | 'chapter' | 'table' | 'numbers'> & { readonly numbers?: Html },
): Section {
    return { id: table.name, chapter, table, numbers: htmlTable(table), ...rest };
}
