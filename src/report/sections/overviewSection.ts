import { isDeactivation } from '../../interventions/Operation.js';
import { metricOf } from '../../experiments/registry/metrics.js';
import { overviewFigure, overviewRows } from '../figures/overviewFigure.js';
import { mainFacts } from '../sentences/headline.js';
import { meanWords } from '../../experiments/statistics/meanEffect.js';
import { html } from '../../support/html.js';
import { cellsOf } from '../facts/matrixFacts.js';
import type { ReportInput } from '../input/Report.js';
import { setLabel } from '../facts/setSentences.js';
import { htmlTable } from '../tables/htmlTable.js';
import type { Section } from './Section.js';

/** The picture that the page begins with; none where no removal was measured. */
export function overviewSection(input: ReportInput): Section[] {
    const facts = mainFacts(input);
    const matrix = input.matrices.find(
        ({ metric, operation, sets }) =>
            metric === facts?.metric && isDeactivation(operation) && Object.hasOwn(sets, facts.set),
    );
    const set = Object.entries(matrix?.sets ?? {}).find(([name]) => name === facts?.set)?.[1];
    if (facts === undefined || set === undefined) return [];
    const words = metricOf(facts.metric);
    const rows = overviewRows(cellsOf(set, facts.metric), words);
    if (rows.length === 0) return [];
    const table = {
        name: 'overview',
        columns: ['language', 'itself', 'low', 'high', 'others', 'itself, random'],
        rows: rows.map(({ language, own, interval, others, random }) => [
            language,
            own,
            ...(interval ?? [null, null]),
            others,
            random,
        ]),
    };
    const formats = Object.fromEntries(table.columns.slice(1).map((name) => [name, words.formatEffect]));
    return [
        {
            id: 'overview-figure',
            chapter: 'overview',
            title: `What each language loses without its ${setLabel(facts.set)} neurons`,
            spec: overviewFigure(rows, words),
            label:
                `Change of ${words.noun} of each language without its own neurons, of the others, ` +
                'and without random ones',
            caption: html` <p>
                    Circles: what a language loses without its own neurons. Squares: what the other languages lose
                    without these, ${meanWords(words)}. Diamonds: what the language loses without as many random neurons
                    of the same layers.
                </p>
                <p>
                    The languages that lose most are at the top.
                    ${
                        rows.some(({ interval }) => interval !== null) &&
                        'The whiskers are 95 % intervals of the language’s own loss.'
                    }
                </p>`,
            numbers: htmlTable(table, { formats }),
            table,
        },
    ];
}
