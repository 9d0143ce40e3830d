/**
 * Simplifies the numbers of a text for the rules: digits of all scripts become 0 to 9, full-width, Arabic and LaTeX
 * separators and LaTeX's spaces and fractions become plain ones, and marks of the writing direction go.
 */
export function plainNumbers(text: string): string {
    return plainDigits(text)
        .replace(/[\u200e\u200f\u061c\u202a-\u202e\u2066-\u2069]/g, '')
        .replace(/(?<=\d)，(?=\d{3}(?!\d))/g, ',') // any other ends a clause
        .replaceAll('．', '.')
        .replace(/[٬،]/g, ',')
        .replaceAll('٫', '.')
        .replace(/\{([.,])\}/g, '$1')
        .replace(/(?<=\d)\\[,;: !](?=\d)/g, '\u2009')
        .replace(/\\[dt]?frac\s*\{(\d+)\}\s*\{(\d+)\}/g, '$1/$2')
        .replace(/\\(?:times|cdot)(?![a-z])/g, '×')
        .replace(/(\d?)([¼½¾⅐-⅞])/g, (_, whole: string, fraction: string) => {
            return `${whole}${whole === '' ? '' : ' '}${fraction.normalize('NFKC').replace('⁄', '/')}`;
        });
}

/** Replaces digits of all scripts by 0 to 9. */
export function plainDigits(text: string): string {
    return text.replace(/\p{Nd}/gu, (digit) => String(digitValue(digit)));
}

/** The value of a digit. In Unicode the ten digits of a script follow each other, from 0 on. */
function digitValue(digit: string): number {
    const code = digit.codePointAt(0)!;
    if (code < 0x80) return code - 0x30;
    let zero = code;
    while (/\p{Nd}/u.test(String.fromCodePoint(zero - 1))) zero--;
    return (code - zero) % 10; // some blocks hold several tens
}
