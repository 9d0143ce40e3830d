import { capitalized, formatCount, formatList, formatShare } from '../../support/format.js';
import type { DeactivationSet } from '../results/DeactivationMatrix.js';
import { type CellPower, powerOf, referenceEffect, type SetPower } from './matrixPower.js';
import type { MetricKind } from '../metric/Metric.js';
import { wantedPower } from '../statistics/power.js';

/** Most languages that a sentence names. */
const mostNamed = 5;

type Named = Pick<MetricKind, 'harm' | 'formatEffect' | 'inputs'>;

/**
 * Says of a set what its tests can see, where a language's own change is not told from chance; nothing where all are,
 * or where it is not known.
 */
export function powerSentences(set: DeactivationSet, metric: MetricKind): string[] {
    const power = powerOf(set, metric);
    const untold = power?.cells.filter(({ told }) => !told) ?? [];
    if (power === undefined || untold.length === 0) return [];
    const list = formatList(
        untold.map((cell) => untoldWords(cell, metric)),
        { most: mostNamed },
    );
    const seen = seenWords(power, metric);
    return [`${power.coarse ? `Too coarse: ${seen}` : capitalized(seen)}.`, `Not told from chance: ${list}.`];
}

/** What is seen with the texts or questions that there are, and how many a small change takes. */
export function seenWords({ cells, least, forReference }: SetPower, metric: Named): string {
    const { harm, formatEffect, inputs } = metric;
    const power = formatShare(wantedPower);
    const seen =
        least === null
            ? `no change is told from chance in ${power} of cases`
            : `changes from ${formatEffect(least)} on are told from chance in ${power} of cases`;
    const reference = formatEffect(harm * referenceEffect);
    const isFine = least !== null && Math.abs(least) <= referenceEffect;
    return (
        `with ${rangeWords(cells.map(({ units }) => units))} ${inputs} a language, ${seen} (median of the languages)` +
        (isFine ? '' : `; ${reference} would take ${unitsWords(forReference, inputs)}`)
    );
}

/** A number of texts or questions that it would take. */
function unitsWords(units: number | null, inputs: MetricKind['inputs']): string {
    return units === null ? `too many ${inputs} to be measured` : `${formatCount(units)} ${inputs}`;
}

function rangeWords(numbers: readonly number[]): string {
    const [least, most] = [Math.min(...numbers), Math.max(...numbers)];
    return least === most ? formatCount(least) : `${formatCount(least)} to ${formatCount(most)}`;
}

function untoldWords({ language, effect, forSeen, units }: CellPower, { formatEffect, inputs }: Named): string {
    const what = `${language} (${formatEffect(effect)}`;
    // no change, or one that only q, over all cells, does not tell
    if (effect === 0 || (forSeen !== null && forSeen <= units)) return `${what})`;
    return `${what} would take ${unitsWords(forSeen, inputs)})`;
}
