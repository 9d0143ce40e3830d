import { languageOf } from '../../answers/languageOf.js';
import type { LanguageSpan, TokenTrace } from './liveFormat.js';

/** Code units of a sentence that is judged in windows, and of a window. */
const longSentence = 160;
const window = 80;

const sentences = new Intl.Segmenter(undefined, { granularity: 'sentence' });
const words = new Intl.Segmenter(undefined, { granularity: 'word' });

/**
 * The languages of a text by its sentences, of a long sentence by windows of some 80 characters; see `languageOf`,
 * which tells none of a short one. Spans in a row of one language are one.
 * @param pieces of the text
 * @param candidates tags
 */
export function languageSpans(pieces: TokenTrace['pieces'], candidates: readonly string[]): LanguageSpan[] {
    const starts: number[] = []; // of each token's piece in the text
    let text = '';
    for (const piece of pieces) {
        for (let i = 0; i < piece.tokens; i++) starts.push(text.length);
        text += piece.text;
    }
    const spans: LanguageSpan[] = [];
    for (const [from, to] of partsOf(text)) {
        const language = languageOf(text.slice(from, to), candidates) ?? null;
        const [first, end] = [firstFrom(starts, from), firstFrom(starts, to)];
        const last = spans.at(-1);
        if (last?.language === language) spans[spans.length - 1] = { ...last, to: end };
        else if (end > first) spans.push({ language, from: first, to: end });
    }
    return spans;
}

/** See `AskEvent`. */
export function changeOf(spans: readonly LanguageSpan[]): number | null {
    const known = spans.filter(({ language }) => language !== null);
    return known.find(({ language }) => language !== known[0]!.language)?.from ?? null;
}

/** Begin and end of each sentence, and of each window of a long one. */
function* partsOf(text: string): Generator<readonly [from: number, to: number]> {
    for (const { segment, index } of sentences.segment(text)) {
        let from = 0;
        if (segment.length > longSentence) {
            for (const word of words.segment(segment)) {
                // What is left for the last window is at least half of one.
                if (word.index - from < window || segment.length - word.index < window / 2) continue;
                yield [index + from, index + word.index];
                from = word.index;
            }
        }
        yield [index + from, index + segment.length];
    }
}

function firstFrom(starts: readonly number[], place: number): number {
    const found = starts.findIndex((start) => start >= place);
    return found < 0 ? starts.length : found;
}
