import Table from 'cli-table3';
import { createLogUpdate } from 'log-update';

/** Narrower columns are put one below another. */
const leastWidth = 24;

/** Texts side by side under their names, or one below another where the terminal is too narrow for that. */
export function columnsOf(names: readonly string[], texts: readonly string[], width: number): string {
    const each = Math.floor((width - 1) / names.length) - 1;
    if (each < leastWidth) return names.map((name, i) => `${name}:\n${texts[i] ?? ''}`).join('\n\n');
    const table = new Table({
        head: [...names],
        colWidths: names.map(() => each),
        wordWrap: true,
        wrapOnWordBoundary: texts.every((text) => longestWord(text) < each - 2), // some languages have no blanks
        style: { head: [], border: [] },
    });
    table.push(texts.map((text) => text.trim()));
    return table.toString();
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
            texts[column] = text;
            write(columnsOf(names, texts, stream.columns));
        },
        clear() {
            write.clear();
            write.done(); // the cursor is shown again
        },
    };
}

function longestWord(text: string): number {
    return text.split(/\s+/).reduce((most, word) => Math.max(most, word.length), 0);
}
