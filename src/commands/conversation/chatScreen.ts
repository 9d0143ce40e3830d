import { columnsOf, liveColumns } from '../words/columns.js';

/** An answer, or several side by side, on its way to the reader. */
export interface GrowingAnswers {
    /** The text so far of one of them. */
    show(place: number, text: string): void;
    /** The whole texts. */
    end(texts: readonly string[]): void;
}

export interface ScreenStreams {
    /** Gets the answers. */
    readonly answers: NodeJS.WriteStream;
    /** Shows several while they grow, where it is a terminal. */
    readonly words: NodeJS.WriteStream;
}

/** Columns of a table where the answers go to no terminal. */
const plainWidth = 100;

/** Shows one answer word by word, several in columns. */
export function showAnswers(names: readonly string[], { answers, words }: ScreenStreams): GrowingAnswers {
    if (names.length === 1) return showOne(answers);
    const live = words.isTTY ? liveColumns(names, words) : undefined;
    return {
        show: (place, text) => live?.show(place, text),
        end(texts) {
            live?.clear();
            answers.write(`${columnsOf(names, texts, answers.isTTY ? answers.columns : plainWidth)}\n`);
        },
    };
}

function showOne(stream: NodeJS.WritableStream): GrowingAnswers {
    let shown = '';
    const show = (text: string): void => {
        if (!text.startsWith(shown)) return; // the end tells
        stream.write(text.slice(shown.length));
        shown = text;
    };
    return {
        show: (_, text) => show(text.replace(/\uFFFD+$/, '')), // the bytes of a letter that are there so far
        end([text]) {
            if (!text!.startsWith(shown)) {
                stream.write('\n');
                shown = '';
            }
            show(text!);
            stream.write('\n');
        },
    };
}
