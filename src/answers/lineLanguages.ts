import { detectorCode, isInScript } from './detectorCode.js';
import { languageScores, leastLetters } from './languageOf.js';
import { linesOf } from './plainLines.js';

/**
 * By what another language's score must lead over that of the language asked before a line counts as in the other,
 * times the letters of the line: the shorter a line, the less sure the scores. Of MGSM's 8,712 sentences of 20 letters
 * or more in its eleven languages, 0.1 % are then taken for another language, and 2.2 % for none; half of it takes
 * 0.4 % and 1.9 %. Of its sentences in another language than the one asked, in Latin letters, 94 % of those of 40
 * letters or more are found, and 75 % of shorter ones; with half of it 98 % and 90 %.
 */
const leadByLetters = 8;
/** Least lead either way; as that of `languageOf`. */
const leastLead = 0.02;

/** The lines of an answer by their languages. */
export interface LineLanguages {
    /** Lines in the language asked. */
    readonly own: number;
    /** Lines in each other language, those of most letters first. */
    readonly others: ReadonlyMap<string, number>;
    /** Lines that are too short, or between two languages. */
    readonly undetermined: number;
}

/**
 * The language of each line of an answer: the one asked, another one where it fits the line clearly better, or neither.
 * Lines without a letter, and code between fences, are left out.
 * @param asked the language of the question; a line is in no other one where the detector does not know it
 * @param candidates tags of the languages that a line may be in, the one asked among them
 */
export function lineLanguages(text: string, asked: string, candidates: readonly string[]): LineLanguages {
    const letters = new Map<string, number>();
    const others = new Map<string, number>();
    let [own, undetermined] = [0, 0];
    for (const line of linesOf(text)) {
        const found = lineLanguage(line, asked, candidates);
        if (found === undefined) undetermined++;
        else if (found === asked) own++;
        else {
            others.set(found, (others.get(found) ?? 0) + 1);
            letters.set(found, (letters.get(found) ?? 0) + lettersOf(line));
        }
    }
    const sorted = [...others].sort(([a], [b]) => letters.get(b)! - letters.get(a)!);
    return { own, others: new Map(sorted), undetermined };
}

/** The language of one line; see `lineLanguages`. */
export function lineLanguage(line: string, asked: string, candidates: readonly string[]): string | undefined {
    const own = detectorCode(asked);
    const letters = lettersOf(line);
    if (own === undefined || letters < leastLetters) return undefined;
    const scores = languageScores(line, candidates);
    const isOwn = ({ language }: { readonly language: string }): boolean => detectorCode(language) === own;
    const mine = scores.find(isOwn)?.score ?? 0;
    const best = scores.find((score) => !isOwn(score));
    const lead = (best?.score ?? 0) - mine;
    if (mine > 0 && lead <= -leastLead) return isInScript(line, asked) ? asked : `${own} in another script`;
    const needed = Math.max(leastLead, leadByLetters / letters);
    return best !== undefined && lead >= needed ? best.language : undefined;
}

/**
 * Letters of a line, marks included, as far as they tell a language: a character of Chinese or Japanese counts as four,
 * a syllable of Korean as two.
 */
function lettersOf(line: string): number {
    const count = (form: RegExp): number => line.match(form)?.length ?? 0;
    return count(/[\p{L}\p{M}]/gu) + 3 * count(/[\p{sc=Han}\p{sc=Hira}\p{sc=Kana}]/gu) + count(/\p{sc=Hang}/gu);
}
