import { plainNumbers } from '../answers/plainNumbers.js';
import { groupingSpaces, readDigits } from '../answers/readDigits.js';
import { type Separators, separatorsOf } from '../answers/separators.js';

/** MGSM's own files group by commas in all languages. */
const english: Separators = { group: ',', decimal: '.', groupsOfFour: false };

const written = new RegExp(`^([-–−－]?)((?:\\d[\\d.,'’${groupingSpaces}]*)?\\d|\\.\\d+)(?:[eE]([+-]?\\d+))?$`);

/**
 * A question's answer as its file writes it, a number and nothing else: a single comma before three digits groups, in
 * all languages, a single point never does; whatever can be read one way only is read so (`10,5`, `1.000,5`).
 * @returns undefined where it is no number, or list of them
 */
export function answerNumber(text: string): number | undefined {
    const [, sign, digits, exponent] = written.exec(plainNumbers(text.trim())) ?? [];
    const read = digits === undefined ? undefined : readDigits(digits, english);
    if (read === undefined) return undefined;
    const value = exponent === undefined ? read : Number(`${read}e${exponent}`);
    return sign === '' || value === 0 ? value : -value;
}

/** Whether a number of a file may be meant as another one where its language groups by points: `1.500`. */
export function isAmbiguous(text: string, language: string): boolean {
    return separatorsOf(language).group === '.' && /^\D?[1-9]\d{0,2}\.\d{3}$/.test(plainNumbers(text.trim()));
}
