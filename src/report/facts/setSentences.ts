import { capitalized, formatCount, formatList, formatQuantity } from '../../support/format.js';
import { meanWords } from '../../experiments/statistics/meanEffect.js';
import type { SetFacts, Verdict } from './matrixFacts.js';
import { doingWords } from '../../interventions/operationWords.js';
import { metricOf } from '../../experiments/registry/metrics.js';

const verdicts: Readonly<Record<Verdict, string>> = {
    clear: 'The effect is selective for languages.',
    unclear: 'This is a tendency that chance could produce as well.',
    absent: 'No effect selective for languages is visible in this measurement.',
    tooFew:
        'The whole model answers too few questions rightly for a fall to be told from chance, so nothing can ' +
        'be said; more questions may tell.',
    unmeasured: 'No row has neurons to change and every cell measured, so nothing can be said.',
};

const noNeurons =
    'No language has neurons in this set, so nothing was changed: what was measured is the whole model, and nothing ' +
    'can be said of its neurons.';

/** Short form of a verdict, for a table. */
export function verdictLabel(facts: SetFacts): string {
    return hasNoNeurons(facts) ? 'no neurons to change' : verdictLabels[facts.verdict];
}

/** Whether nothing is said because there was nothing to change, in any row. */
function hasNoNeurons({ verdict, empty, leftOut }: SetFacts): boolean {
    return verdict === 'unmeasured' && empty > 0 && empty === leftOut;
}

const verdictLabels: Readonly<Record<Verdict, string>> = {
    clear: 'selective',
    unclear: 'a tendency',
    absent: 'no selective effect',
    tooFew: 'too few right answers to tell',
    unmeasured: 'not measured',
};

/** `specific+related` as `specific + related`. */
export function setLabel(set: string): string {
    return set.replaceAll('+', ' + ');
}

/** The facts of one set in words; effects and their absence in the same tone. */
export function setSentences(facts: SetFacts): string[] {
    if (facts.compared === 0) return [hasNoNeurons(facts) ? noNeurons : verdicts[facts.verdict]];
    const words = metricOf(facts.metric);
    const { noun, formatEffect } = words;
    const doing = doingWords(`a language’s own ${setLabel(facts.set)} neurons`, facts.operation);
    return [
        `${doing} hurts that language most in ` +
            `${formatCount(facts.hits)} of ${formatQuantity(facts.compared, 'language')}` +
            `${exceptionWords(facts)}${leftOutWords(facts)}; ` +
            `with random neurons it does in ${formatCount(facts.controlHits)}, ` +
            `and chance alone would give ${facts.expectedHits.toFixed(1)}.`,
        `${capitalized(meanWords(words))} the language’s own ${noun} changes by ${formatEffect(facts.own)} ` +
            `(random neurons: ${formatEffect(facts.controlOwn)}) ` +
            `and that of the others by ${formatEffect(facts.others)} ` +
            `(random neurons: ${formatEffect(facts.controlOthers)}).`,
        verdicts[facts.verdict],
    ];
}

function leftOutWords({ leftOut, tooFew, empty }: SetFacts): string {
    const parts = (
        [
            [empty, 'no neurons to change'],
            [leftOut - tooFew - empty, 'not fully measured'],
            [tooFew, 'too few right answers to tell a fall from chance'],
        ] as const
    )
        .filter(([rows]) => rows > 0)
        .map(([rows, why]) => `${formatQuantity(rows, 'row')} left out: ${why}`);
    return parts.length === 0 ? '' : ` (${parts.join('; ')})`;
}

/** Few languages are named. */
export function exceptionWords({ hits, exceptions }: SetFacts): string {
    const few = exceptions.length > 0 && exceptions.length <= 3 && hits > exceptions.length;
    return few ? ` (not in ${formatList(exceptions)})` : '';
}
