/** What another machine, or another hour, prints otherwise: times, speeds, memory, devices, the folder at work. */
const machines: readonly (readonly [RegExp, string])[] = [
    [/\d+(?:\.\d+)? s\b/g, '… s'],
    [/"(seconds|milliseconds|tokensPerSecond)":\d+(?:\.\d+)?/g, '"$1":…'],
    [/^( +CPU: ).*$/gm, '$1…'],
    [/\d+(?:\.\d+)? MiB/g, '… MiB'],
    [/since [\dT:.Z-]+/g, 'since …'],
    [/\bprocess \d+/g, 'process …'],
];
const number = /(?<![\w.])[-+−<]?\d+(?:,\d{3})*(?:\.\d+)?(?:e-?\d+)?(?![\w])/g;
/** What the widths of numbers shape: the rules over columns, and the spaces between them. */
const layout = /[ ─]+/g;

/**
 * Why two outputs are not the same, or undefined where they are. Kernels of other processors turn the sign of an
 * activation near zero now and then (1 in 100,000 here), so that numbers may differ by 2 % or by two units of the last
 * digit shown; words and widths of columns may not.
 * @param options words: numbers and widths may be any, as a bit can turn a class of few neurons; answers: so may words,
 * which a model generated, as a bit can turn the first of them
 */
export function outputDifference(
    expected: string,
    found: string,
    { words = false, answers = false }: { readonly words?: boolean; readonly answers?: boolean },
): string | undefined {
    if (answers) return expected.trim() !== '' && found.trim() !== '' ? undefined : 'no words';
    const [a, b] = [expected, found].map(masked) as [string, string];
    const said = (text: string): string => {
        const wordsAlone = text.replaceAll(number, '#');
        return words ? wordsAlone.replaceAll(layout, ' ') : wordsAlone;
    };
    if (said(a) !== said(b)) return 'other words';
    if (words) return undefined;
    const values = (text: string): string[] => text.match(number) ?? [];
    const theirs = values(b);
    const far = values(a).flatMap((value, i) => (isNear(value, theirs[i]!) ? [] : [`${value} and ${theirs[i]!}`]));
    return far.length === 0 ? undefined : `other numbers: ${far.join(', ')}`;
}

function masked(text: string): string {
    return machines.reduce((rest, [what, by]) => rest.replaceAll(what, by), text.trimEnd());
}

function isNear(a: string, b: string): boolean {
    const [x, y] = [a, b].map((text) => Number(text.replaceAll(',', '').replace('−', '-').replace('<', ''))) as [
        number,
        number,
    ];
    const [digits, exponent] = a.split('e') as [string, string?];
    const unit = 10 ** (Number(exponent ?? 0) - (digits.split('.')[1]?.length ?? 0));
    return Math.abs(x - y) <= Math.max(2.01 * unit, 0.02 * Math.abs(x));
}
