import { styleText } from 'node:util';
import { cutToWidth, widthOf } from '../../support/textWidth.js';
import { formatCount } from '../../support/format.js';
import { printable } from '../../support/printable.js';

export interface AlignedColumn {
    readonly heading: string;
    /** Stands above all columns next to each other that have the same. */
    readonly group?: string;
    /** Numbers stand on the right. Default: left. */
    readonly right?: boolean;
    /** What is too long for the terminal is cut here. */
    readonly elastic?: boolean;
}

/** Good: helped, bad: harmed, faint: not to be told from chance. */
export type Tone = 'good' | 'bad' | 'faint' | 'heading';

/** A text, or one with a colour. */
export type AlignedCell = string | { readonly text: string; readonly tone: Tone | undefined };

const styles = { good: 'green', bad: 'red', faint: 'gray', heading: 'bold' } as const;

/** Narrowest that an elastic column becomes. */
const leastElastic = 6;

/**
 * A table whose columns stand below one another, two blanks between them. Wide characters take their two columns.
 * Colours are for terminals alone, and not where NO_COLOR is set.
 * @param rows a cell for each column
 * @param width of the terminal; cells of elastic columns are cut so that lines fit into it, and columns that still do
 * not fit follow below, behind the first column again
 */
export function alignedTable(
    columns: readonly AlignedColumn[],
    rows: readonly (readonly AlignedCell[])[],
    width = process.stdout.columns ?? 80,
): string {
    const headings = columns.map(({ heading }): AlignedCell => ({ text: heading, tone: 'heading' }));
    const all = [headings, ...rows];
    const widths = columns.map((_, i) => Math.max(...all.map((cells) => widthOf(textOf(cells[i]!)))));
    for (const { group, members } of groupsOf(columns))
        // one wider than its columns gives the rest to the last
        widths[members.at(-1)!]! += Math.max(0, widthOf(group) - sizeOf(members, widths));
    return blocksOf(columns, fitted(columns, [...columns.keys()], widths, width), width)
        .map((members) => {
            // Those that follow below have their line to themselves: they are cut only as far as that asks.
            const cut = fitted(columns, members, widths, width);
            const lines = all.map((cells) => line(members.map((i) => aligned(cells[i]!, cut[i]!, columns[i]!.right))));
            return [...groupLines(columns, cut, members), ...lines].join('\n');
        })
        .join('\n\n');
}

/** The widths with which some columns fit beside each other, elastic ones cut, the widest first. */
function fitted(
    columns: readonly AlignedColumn[],
    members: readonly number[],
    widths: readonly number[],
    width: number,
): number[] {
    const cut = [...widths];
    while (sizeOf(members, cut) > width) {
        const [widest] = members
            .filter((i) => columns[i]!.elastic === true && cut[i]! > leastElastic)
            .sort((a, b) => cut[b]! - cut[a]!);
        if (widest === undefined) break;
        cut[widest]!--;
    }
    return cut;
}

/** The columns that fit beside each other, groups whole. */
function blocksOf(columns: readonly AlignedColumn[], widths: readonly number[], width: number): number[][] {
    const [[first] = [0], ...groups] = groupsOf(columns).map(({ members }) => members);
    const blocks = [[first!]];
    for (const members of groups) {
        const last = blocks.at(-1)!;
        if (last.length === 1 || sizeOf([...last, ...members], widths) <= width) last.push(...members);
        else blocks.push([first!, ...members]);
    }
    return blocks;
}

function textOf(cell: AlignedCell): string {
    const text = typeof cell === 'string' ? cell : cell.text;
    return printable(text).replaceAll('\n', ' ');
}

function aligned(cell: AlignedCell, width: number, right = false): string {
    const text = cutToWidth(textOf(cell), width);
    const blanks = ' '.repeat(width - widthOf(text));
    const tone = typeof cell === 'string' ? undefined : cell.tone;
    const painted =
        tone === undefined || text === '' ? text : styleText(styles[tone], text, { stream: process.stdout });
    return right ? blanks + painted : painted + blanks;
}

function line(cells: readonly string[]): string {
    return cells.join('  ').trimEnd();
}

/** The columns of each group, one after another; a column without a group alone. */
function groupsOf(columns: readonly AlignedColumn[]): { readonly group: string; readonly members: number[] }[] {
    const groups: { group: string; members: number[] }[] = [];
    for (const [i, { group }] of columns.entries()) {
        const last = groups.at(-1);
        if (group !== undefined && last?.group === group) last.members.push(i);
        else groups.push({ group: group ?? '', members: [i] });
    }
    return groups;
}

function sizeOf(members: readonly number[], widths: readonly number[]): number {
    return members.reduce((sum, i) => sum + widths[i]! + 2, -2);
}

/** The line above the headings; none where no column has a group. */
function groupLines(columns: readonly AlignedColumn[], widths: readonly number[], shown: readonly number[]): string[] {
    const groups = groupsOf(columns).filter(({ members }) => shown.includes(members[0]!));
    if (groups.every(({ group }) => group === '')) return [];
    const cells = groups.map(({ group, members }) => {
        const size = sizeOf(members, widths);
        const rule = '─'.repeat(Math.max(0, size - widthOf(group) - 1));
        const text = group === '' || rule === '' ? group : `${group} ${rule}`;
        return aligned({ text, tone: 'heading' }, size);
    });
    return [line(cells)];
}

/** Tokens of each language, a row each. */
export function tokensTable(tokens: Readonly<Record<string, number | bigint>>): string {
    return alignedTable(
        [{ heading: 'language' }, { heading: 'tokens', right: true }],
        Object.entries(tokens).map(([language, count]) => [language, formatCount(Number(count))]),
    );
}
