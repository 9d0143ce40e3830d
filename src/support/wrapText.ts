import { printable } from './printable.js';
import { widthOf } from './textWidth.js';

const words = new Intl.Segmenter(undefined, { granularity: 'word' });
const characters = new Intl.Segmenter(undefined, { granularity: 'grapheme' });
const isBlank = (text: string): boolean => /^\s+$/u.test(text);
const isMark = (text: string): boolean => /^[^\p{L}\p{N}\s]+$/u.test(text);

/**
 * A text in lines of at most so many columns of a terminal: between words where there are any, also of languages that
 * write no blanks, and else between characters.
 */
export function wrapText(text: string, width: number): string[] {
    return printable(text)
        .split('\n')
        .flatMap((line) => wrapLine(line, width));
}

function wrapLine(line: string, width: number): string[] {
    const lines: string[] = [];
    let current = '';
    const end = (): void => {
        lines.push(current.trimEnd());
        current = '';
    };
    for (const piece of piecesOf(line)) {
        if (current !== '' && widthOf(current + piece.trimEnd()) > width) end();
        if (current === '' && isBlank(piece) && lines.length > 0) continue; // a blank ends a line, and begins none
        if (widthOf(piece.trimEnd()) <= width) {
            current += piece;
            continue;
        }
        for (const { segment } of characters.segment(piece)) {
            if (current !== '' && widthOf(current + segment) > width) end();
            current += segment;
        }
    }
    if (current !== '' || lines.length === 0) end();
    return lines;
}

/** Whether a piece goes on without a blank, as in `--top-rate`, `runs/mine` and `(95`. */
const goesOn = (piece: string, segment: string): boolean =>
    /[-/.:=_`'"([{<]$/.test(piece) && /^[\p{Script=Latin}\p{N}]/u.test(segment);

/** Words, each with the marks behind it, which begin no line, and those before it, which end none. */
function piecesOf(line: string): string[] {
    const pieces: string[] = [];
    for (const { segment } of words.segment(line)) {
        const last = pieces.at(-1);
        if (segment === '%' && /\d\s$/u.test(pieces.slice(-2).join(''))) {
            pieces.push(pieces.splice(-2).join('') + segment); // no line ends within `80 %`
            continue;
        }
        const joins = last !== undefined && !isBlank(last) && (isMark(segment) || goesOn(last, segment));
        if (joins) pieces[pieces.length - 1] = last + segment;
        else pieces.push(segment);
    }
    return pieces;
}
