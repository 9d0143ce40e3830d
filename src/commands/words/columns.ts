import { createLogUpdate } from 'log-update';
import { widthOf } from '../../support/textWidth.js';
import { wrapText } from '../../support/wrapText.js';

/** Narrower columns are put one below another. */
const leastWidth = 24;

/** Texts side by side under their names, or one below another where the terminal is too narrow for that. */
export function columnsOf(names: readonly string[], texts: readonly string[], width: number): string {
    const each = Math.floor((width - 1) / names.length) - 1;
    if (each < leastWidth) return names.map((name, i) => `${name}:\n${texts[i] ?? ''}`).join('\n\n');
    const inner = each - 2; // a blank on each side
    const rule = (left: string, between: string, right: string): string =>
        left + names.map(() => '─'.repeat(each)).join(between) + right;
    const rows = (cells: readonly string[]): string[] => {
        const wrapped = cells.map((text) => wrapText(text, inner));
        const height = Math.max(...wrapped.map(({ length }) => length));
        return Array.from({ length: height }, (_, row) => {
            const parts = wrapped.map((lines) => {
                const line = lines[row] ?? '';
                return ` ${line}${' '.repeat(Math.max(0, inner - widthOf(line)))} `;
            });
            return `│${parts.join('│')}│`;
        });
    };
    return [
        rule('┌', '┬', '┐'),
        ...rows(names),
        rule('├', '┼', '┤'),
        ...rows(names.map((_, i) => (texts[i] ?? '').trim())),
        rule('└', '┴', '┘'),
    ].join('\n');
}

/** The same on a terminal while the texts grow. */
export function liveColumns(
    names: readonly string[],
    stream: NodeJS.WriteStream,
): { show(column: number, text: string): void; clear(): void } {
    const write = createLogUpdate(stream);
    const texts = names.map(() => '');
    return {
        show(column, text) {
            texts[column] = text.replace(/\ufffd+$/u, ''); // the bytes of a character that are there so far
            write(columnsOf(names, texts, stream.columns));
        },
        clear() {
            write.clear();
            write.done(); // the cursor is shown again
        },
    };
}
