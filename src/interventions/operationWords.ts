import type { InterventionOp } from './Intervention.js';
import { isDeactivation, type Operation } from './Operation.js';
import { parseNamedValue } from './resolveValue.js';

/** The words after `neurons are`: `deactivated`, `scaled by 0.5`, `raised by 1 in the prompt`. */
export function doneWords(operation: Operation): string {
    const [done, value] = wordsOf(operation);
    return `${{ zero: 'deactivated', scale: 'scaled', raise: 'raised', lower: 'lowered', set: 'set' }[done]}${value}`;
}

/** The heading of the work: `Deactivating specific neurons`, `Scaling specific neurons by 0.5`. */
export function doingWords(neurons: string, operation: Operation): string {
    const [doing, value] = wordsOf(operation);
    const word = { zero: 'Deactivating', scale: 'Scaling', raise: 'Raising', lower: 'Lowering', set: 'Setting' }[doing];
    return `${word} ${neurons}${value}`;
}

/** The words of a state of the model: `without the neurons of de`, `with the neurons of de scaled by 0.5`. */
export function stateWords(neurons: string, operation: Operation): string {
    return isDeactivation(operation) ? `without ${neurons}` : `with ${neurons} ${doneWords(operation)}`;
}

/** The verb, and the words after the neurons. */
function wordsOf(operation: Operation): ['zero' | 'scale' | 'raise' | 'lower' | 'set', string] {
    const { op, value = 1 } = operation;
    const how = howWords(operation);
    const lowers = typeof value === 'number' && value < 0;
    const amount = typeof value === 'number' ? String(Math.abs(value)) : namedWords(value);
    const words: Readonly<Record<InterventionOp, ReturnType<typeof wordsOf>>> = {
        zero: ['zero', how],
        scale: ['scale', ` by ${value}${how}`],
        add: [lowers ? 'lower' : 'raise', ` by ${amount}${how}`],
        replace: ['set', ` to ${typeof value === 'number' ? value : amount}${how}`],
        diffmean: ['raise', ` by the difference of ${differenceWords(operation.value)}${how}`],
    };
    return words[op];
}

function differenceWords(value: Operation['value']): string {
    const language = typeof value === 'string' ? parseNamedValue(value)?.language : undefined;
    return language === undefined
        ? "their language's mean and the others'"
        : `their mean in ${language} and those in the other languages`;
}

function namedWords(value: string): string {
    const { language, percent } = parseNamedValue(value) ?? {};
    if (language === undefined) return 'their mean';
    return percent === undefined ? `their mean in ${language}` : `their percentile ${percent} in ${language}`;
}

function howWords({ strength = 1, where = 'both' }: Operation): string {
    return [
        ...(strength === 1 ? [] : [` at strength ${strength}`]),
        ...(where === 'both' ? [] : [typeof where === 'string' ? ` in the ${where}` : rangeWords(where)]),
    ].join('');
}

function rangeWords({ from = 0, to }: Extract<Operation['where'], object>): string {
    return ` at tokens ${from} to ${to === undefined ? 'the end' : to - 1}`;
}
