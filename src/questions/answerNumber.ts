import { plainNumbers } from '../answers/plainNumbers.js';
import { groupingSpaces, readDigits } from '../answers/readDigits.js';
import { type Separators, separatorsOf } from '../answers/separators.js';

/** MGSM's own files group by commas in all languages. */
const english: Separators = { group: ',', decimal: '.', groupsOfFour: false };

const written = new RegExp(`^([-–−－]?)((?:\\d[\\d.,'’${groupingSpaces}]*)?\\d|\\.\\d+)(?:[eE]([+-]?\\d+))?$`);

/**
 * Reads a question's answer in its file: a number and nothing else. In all languages a single comma before three digits
 * groups, and a single point never does. A number that can be read in one way only is read so (`10,5`, `1.000,5`).
 * @returns undefined where it is not one number
 */
export function answerNumber(text: string): number | undefined {
    const [, sign, digits, exponent] = written.exec(plainNumbers(text.trim())) ?? [];
    const read = digits === undefined ? undefined : readDigits(digits, english);
    if (read === undefined) return undefined;
    const value = exponent === undefined ? read : Number(`${read}e${exponent}`);
    return sign === '' || value === 0 ? value : -value;
}

/** Whether a number may mean another one in a language that groups by points: `1.500`. */
export function isAmbiguous(text: string, language: string): boolean {
    return separatorsOf(language).group === '.' && /^\D?[1-9]\d{0,2}\.\d{3}$/.test(plainNumbers(text.trim()));
}
