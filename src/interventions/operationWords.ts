import { deactivation, type Operation } from './Operation.js';

/** What has become of neurons, behind `neurons are`: `deactivated`, `scaled by 0.5`, `raised by 1 in the prompt`. */
export function doneWords(operation: Operation = deactivation): string {
    const { op, value = 1 } = operation;
    const done = {
        zero: 'deactivated',
        scale: `scaled by ${value}`,
        add: value < 0 ? `lowered by ${-value}` : `raised by ${value}`,
        replace: `set to ${value}`,
    };
    return `${done[op]}${howWords(operation)}`;
}

/** The same as work: `Deactivating specific neurons`, `Scaling specific neurons by 0.5`. */
export function doingWords(neurons: string, operation: Operation = deactivation): string {
    const { op, value = 1 } = operation;
    const doing = {
        zero: `Deactivating ${neurons}`,
        scale: `Scaling ${neurons} by ${value}`,
        add: `${value < 0 ? 'Lowering' : 'Raising'} ${neurons} by ${Math.abs(value)}`,
        replace: `Setting ${neurons} to ${value}`,
    };
    return `${doing[op]}${howWords(operation)}`;
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
