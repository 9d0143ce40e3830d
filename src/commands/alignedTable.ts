import { widthOf } from './wrapText.js';

export interface AlignedColumn {
    readonly heading: string;
    /** Numbers stand on the right. Default: left. */
    readonly right?: boolean;
    /** What is too long for the terminal is cut here. */
    readonly elastic?: boolean;
}

/** Narrowest that an elastic column becomes. */
const leastElastic = 6;

/**
 * A table whose columns stand below one another, two blanks between them. Wide characters take their two columns.
 * @param rows a cell for each column
 * @param width of the terminal; cells of elastic columns are cut so that lines fit into it
 */
export function alignedTable(
    columns: readonly AlignedColumn[],
    rows: readonly (readonly string[])[],
    width: number,
): string {
    const all = [columns.map(({ heading }) => heading), ...rows];
    const widths = columns.map((_, i) => Math.max(...all.map((cells) => widthOf(cells[i]!))));
    const over = (): number => widths.reduce((sum, one) => sum + one + 2, -2) - width;
    while (over() > 0) {
        const [widest] = [...columns.keys()]
            .filter((i) => columns[i]!.elastic === true && widths[i]! > leastElastic)
            .sort((a, b) => widths[b]! - widths[a]!);
        if (widest === undefined) break;
        widths[widest]!--;
    }
    return all
        .map((cells) =>
            cells
                .map((cell, i) => {
                    const text = cut(cell, widths[i]!);
                    const blanks = ' '.repeat(widths[i]! - widthOf(text));
                    return columns[i]!.right === true ? blanks + text : text + blanks;
                })
                .join('  ')
                .trimEnd(),
        )
        .join('\n');
}

/** A text in at most so many columns, with `…` in place of what was cut. */
function cut(text: string, width: number): string {
    if (widthOf(text) <= width) return text;
    let kept = '';
    for (const { segment } of new Intl.Segmenter().segment(text)) {
        if (widthOf(kept + segment) > width - 1) break;
        kept += segment;
    }
    return `${kept}…`;
}
