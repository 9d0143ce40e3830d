/** A cell of a matrix by row and column. */
export type CellPlace = readonly [row: number, column: number];

/**
 * Where an arrow, Home or End leads from a cell; undefined for other keys.
 * @param size rows and columns
 * @param rightToLeft whether the first column is the rightmost
 */
export function movedCell(
    { key, ctrlKey }: KeyboardEvent,
    [row, column]: CellPlace,
    [rows, columns]: CellPlace,
    rightToLeft = false,
): CellPlace | undefined {
    const [lastRow, lastColumn] = [rows - 1, columns - 1];
    const [before, after] = [Math.max(0, column - 1), Math.min(lastColumn, column + 1)];
    const moves: Readonly<Record<string, CellPlace>> = {
        ArrowLeft: [row, rightToLeft ? after : before],
        ArrowRight: [row, rightToLeft ? before : after],
        ArrowUp: [Math.max(0, row - 1), column],
        ArrowDown: [Math.min(lastRow, row + 1), column],
        Home: [ctrlKey ? 0 : row, 0],
        End: [ctrlKey ? lastRow : row, lastColumn],
    };
    return moves[key];
}
