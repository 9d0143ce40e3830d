import type { ValueOf } from '../settings/Setting.js';
import { accuracyTable } from '../settings/settings.js';
import { lastNumber } from './lastNumber.js';
import { plainDigits } from './plainNumbers.js';

/** Rules that find and compare the number of an answer. */
export type NumberRule = ValueOf<typeof accuracyTable.number>;

export const numberRules: readonly NumberRule[] = accuracyTable.number.choices;

const tolerance = 1e-3;

/**
 * Whether an answer's number is the right one. Rules:
 * - `last`: the last number of the text, read as its language writes numbers, within 1e-3 (`lastNumber`).
 * - `mathoctopus`: the papers' own: commas between digits are dropped, the last `\d+(\.\d+)?` counts,
 *   a text without one counts as 0, within 1e-3. Its traps stay: the sign is lost, `80.000` reads 80, `10,5` reads 105.
 * - `lm-eval`: lm-evaluation-harness's flexible extraction, the last `-?[$0-9.,]{2,}` or `-?[0-9]+`,
 *   compared as text without punctuation.
 */
export function hasRightNumber(text: string, expected: number, language: string, rule: NumberRule): boolean {
    const near = (value: number): boolean => Math.abs(value - expected) <= tolerance;
    if (rule === 'last') {
        const number = lastNumber(text, language);
        return number !== undefined && near(number);
    }
    if (rule === 'mathoctopus') {
        // Python's \d takes the digits of every script.
        const numbers = plainDigits(text)
            .replace(/(\d),(\d)/g, '$1$2')
            .match(/\d+(?:\.\d+)?/g);
        return near(Number(numbers?.at(-1) ?? 0));
    }
    const found = [...text.matchAll(/(-?[$0-9.,]{2,})|(-?[0-9]+)/g)].at(-1)?.[0];
    const bare = (value: string): string => value.replace(/[!-/:-@[-`{-~]/g, '').trim();
    return found !== undefined && bare(found) === bare(String(expected));
}
