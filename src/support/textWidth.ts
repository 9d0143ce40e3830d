import stringWidth from 'string-width';

const characters = new Intl.Segmenter(undefined, { granularity: 'grapheme' });

/**
 * Columns of a terminal that a text takes. Terminals give emoji of several characters their place together, and else
 * add up characters: vowels behind a letter (Thai ำ, Devanagari ा) have a column, marks above and below none.
 */
export function widthOf(text: string): number {
    let width = 0;
    for (const { segment } of characters.segment(text)) {
        if (/\p{Emoji_Presentation}|\ufe0f|\u200d/u.test(segment)) width += stringWidth(segment);
        else for (const character of segment) width += widthOfOne(character);
    }
    return width;
}

function widthOfOne(character: string): number {
    if (/[\p{Mn}\p{Me}\p{Cf}\u1160-\u11ff\ud7b0-\ud7ff]/u.test(character)) return 0;
    return /\p{Mc}/u.test(character) ? 1 : stringWidth(character);
}

/** A text in at most so many columns, with `…` in place of what was cut. */
export function cutToWidth(text: string, width: number): string {
    if (widthOf(text) <= width) return text;
    let kept = '';
    for (const { segment } of characters.segment(text)) {
        if (widthOf(kept + segment) > width - 1) break;
        kept += segment;
    }
    return `${kept}…`;
}
