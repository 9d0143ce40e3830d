import { wrongUse } from '../errors.js';
import { type OtherOptions, unknownOption } from '../settings/checkSetting.js';
import type { Intervention } from './Intervention.js';

/** An intervention without its neurons. */
export type Operation = Omit<Intervention, 'neurons'>;

/** Names of its fields, for `unknownOption`. */
export const operationFields = {
    op: true,
    value: true,
    strength: true,
    where: true,
} as const satisfies OtherOptions<Operation, object>;

/** @throws LanguageNeuronsError WRONG_USE for a field that an operation has not */
export function checkOperation(operation: Operation): void {
    const unknown = unknownOption(operation, operationFields);
    if (unknown !== undefined) throw wrongUse(`operation ${operation.op}: ${unknown}`);
}

/** Sets activations to 0 at every token, as `deactivate` does. */
export const deactivation: Operation = { op: 'zero' };

/** Whether an operation sets activations to 0 entirely and at every token. */
export function isDeactivation({ op, strength = 1, where = 'both' }: Operation): boolean {
    return op === 'zero' && strength === 1 && where === 'both';
}

/** Whether activations stay as they are: `scale` by 1, `add` of 0, and any operation of strength 0. */
export function changesNothing({ op, value = 1, strength = 1 }: Operation): boolean {
    return strength === 0 || (op === 'scale' && value === 1) || (op === 'add' && value === 0);
}
