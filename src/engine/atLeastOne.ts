import { LanguageNeuronsError } from '../errors.js';

/** @throws LanguageNeuronsError WRONG_USE for what is no whole number of at least 1 */
export function atLeastOne(value: number, subject: string): number {
    if (!Number.isInteger(value) || value < 1)
        throw new LanguageNeuronsError(
            'WRONG_USE',
            `the ${subject} must be a whole number of at least 1, not ${value}`,
        );
    return value;
}
