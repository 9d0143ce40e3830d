import { formatCount, formatQuantity } from './format.js';
import type { SetFacts, Verdict } from './matrixFacts.js';
import { metricWords } from './metricWords.js';

const VERDICTS: Readonly<Record<Verdict, string>> = {
    clear: 'The effect is selective for languages.',
    unclear: 'This is a tendency that chance could produce as well.',
    absent: 'No effect selective for languages is visible in this measurement.',
    unmeasured: 'No row has neurons to deactivate and every cell measured, so nothing can be said.',
};

/** Short form of a verdict, for a table. */
export const VERDICT_LABELS: Readonly<Record<Verdict, string>> = {
    clear: 'selective',
    unclear: 'a tendency',
    absent: 'no selective effect',
    unmeasured: 'not measured',
};

/** `specific+related` as `specific + related`. */
export function setLabel(set: string): string {
    return set.replaceAll('+', ' + ');
}

/** The facts of one set in words; effects and their absence in the same tone. */
export function setSentences(facts: SetFacts): string[] {
    if (facts.compared === 0) return [VERDICTS.unmeasured];
    const { noun, formatEffect } = metricWords[facts.metric];
    const leftOut = facts.leftOut === 0
        ? ''
        : ` (${formatQuantity(facts.leftOut, 'row')} left out: nothing to deactivate, or not fully measured)`;
    return [
        `Deactivating a language’s own ${setLabel(facts.set)} neurons hurts that language most in `
            + `${formatCount(facts.hits)} of ${formatQuantity(facts.compared, 'language')}${leftOut}; with random neurons `
            + `it does in ${formatCount(facts.controlHits)}, and chance alone would give ${facts.expectedHits.toFixed(1)}.`,
        `On average the language’s own ${noun} changes by ${formatEffect(facts.own)} `
            + `(random neurons: ${formatEffect(facts.controlOwn)}) and that of the others by ${formatEffect(facts.others)} `
            + `(random neurons: ${formatEffect(facts.controlOthers)}).`,
        VERDICTS[facts.verdict],
    ];
}

/** The same in one line, without the others' changes. */
export function setLine(facts: SetFacts): string {
    if (facts.compared === 0) return `${VERDICT_LABELS.unmeasured}.`;
    const { noun, formatEffect } = metricWords[facts.metric];
    return `that language is hurt most in ${formatCount(facts.hits)} of ${formatQuantity(facts.compared, 'language')} `
        + `(random neurons: ${formatCount(facts.controlHits)}), its ${noun} changes by ${formatEffect(facts.own)} on average `
        + `(random neurons: ${formatEffect(facts.controlOwn)}): ${VERDICT_LABELS[facts.verdict]}.`;
}
