import { heldOutWords } from '../../experiments/matrices/caveats.js';
import type { HeldOut } from '../../experiments/results/DeactivationMatrix.js';
import { referenceEffect } from '../../experiments/power/matrixPower.js';
import type { MetricKind } from '../../experiments/metric/Metric.js';
import type { PlannedPower, PowerPlan } from '../../experiments/power/plannedPower.js';
import { wantedPower } from '../../experiments/statistics/power.js';
import { fewestToTell } from '../../experiments/statistics/tooFewRight.js';
import { capitalized, formatCount, formatQuantity, formatShare } from '../../support/format.js';
import { wrapText } from '../../support/wrapText.js';
import { type AlignedColumn, alignedTable } from './alignedTable.js';

/** What a command would measure. */
export interface MeasuringPlan extends PowerPlan {
    /** States of the model, the whole one too. */
    readonly states: number;
    /** States in languages. */
    readonly cells: number;
    /** As in `MeasuredIntervention`. */
    readonly counted?: Readonly<Record<string, number>>;
    /** As in `MeasuredIntervention`. */
    readonly heldOut?: Pick<HeldOut, 'fold' | 'of'>;
}

/** How much would be measured, and how small a change it would show, without anything being measured. */
export function describePlan({ states, cells, languages, from, heldOut }: MeasuringPlan, metric: MetricKind): string {
    const { inputs, harm, formatEffect } = metric;
    const columns: AlignedColumn[] = [
        { heading: 'language' },
        { heading: inputs, right: true },
        { group: 'change told from chance', heading: `in ${formatShare(wantedPower)} of cases`, right: true },
        ...(inputs === 'questions'
            ? [{ group: 'change told from chance', heading: 'at all, at best', right: true }]
            : []),
        { heading: `for ${formatEffect(harm * referenceEffect)}`, right: true },
    ];
    const rows = languages.map((one) => [
        one.language,
        formatCount(one.units),
        leastWords(one, metric),
        ...(one.atAll === undefined ? [] : [one.atAll > 1 ? 'none' : formatEffect(harm * one.atAll)]),
        one.forReference === null ? 'unknown' : formatCount(one.forReference),
    ]);
    const words = [
        `${formatQuantity(states, 'state')} of the model in ${formatQuantity(languages.length, 'language')}: ` +
            `${formatQuantity(cells, 'cell')}. Nothing was measured.`,
        ...(heldOut === undefined ? [] : [`${capitalized(heldOutWords(heldOut))}.`]),
        basisWords({ languages, ...(from !== undefined && { from }) }, metric),
    ];
    return [alignedTable(columns, rows), ...words.flatMap((line) => wrapText(line, process.stdout.columns ?? 80))].join(
        '\n',
    );
}

function leastWords({ least, measured }: PlannedPower, { formatEffect, inputs }: MetricKind): string {
    if (least !== null) return formatEffect(least);
    return measured || inputs === 'questions' ? 'none' : 'unknown';
}

/** Where the numbers come from. */
function basisWords({ languages, from }: PowerPlan, { inputs }: MetricKind): string {
    const unknown = languages.filter(({ measured }) => !measured).map(({ language }) => language);
    const before = from === undefined ? '' : `Texts and answers differ as in ${from}.`;
    if (unknown.length === 0) return before;
    const of = from === undefined ? '' : ` Not so of ${unknown.join(', ')}:`;
    const rest =
        inputs === 'texts'
            ? 'no matrix of this metric tells yet how much the texts differ; measure a few of them first.'
            : 'no matrix tells yet how much answers change, so that the numbers are of the best case, in which all ' +
              `that change get worse. Fewer than ${fewestToTell} are never told from chance.`;
    return of === '' ? rest[0]!.toUpperCase() + rest.slice(1) : `${before}${of} ${rest}`;
}
