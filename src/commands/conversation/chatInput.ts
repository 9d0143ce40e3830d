import { createInterface, type Interface } from 'node:readline';
import { Writable } from 'node:stream';

/** Where a conversation's lines come from. */
export interface ChatInput {
    /** The next line; undefined at the end. */
    next(prompt: string): Promise<string | undefined>;
    /** Calls `stop` where Ctrl-C asks for it, until the work is done. */
    during<T>(work: Promise<T>, stop: () => void): Promise<T>;
    close(): void;
}

const historySize = 1000;

/** Lines of a terminal, with history; Ctrl-C stops what is under way, a second one or Ctrl-D ends the input. */
export function terminalInput(
    input: NodeJS.ReadStream,
    output: NodeJS.WriteStream,
    commands: readonly string[],
): ChatInput {
    const echo = new Echo(output);
    const lines = createInterface({
        input,
        output: echo,
        terminal: true,
        historySize,
        removeHistoryDuplicates: true,
        completer: (line: string) => [commands.filter((command) => command.startsWith(line)), line],
    });
    const queue = new LineQueue(lines);
    let stop: (() => void) | undefined;
    let asked = false; // by the key before
    lines.on('line', () => (asked = false));
    lines.on('SIGINT', () => {
        const bare = lines.line === '';
        if (stop === undefined && asked && bare) return lines.close();
        asked = stop !== undefined || bare;
        if (stop !== undefined) return stop();
        echo.write(bare ? '\nCtrl-C again, Ctrl-D or /exit ends the conversation\n' : '\n');
        lines.write(null, { ctrl: true, name: 'e' }); // to the line's end, and away with all before
        lines.write(null, { ctrl: true, name: 'u' });
        lines.prompt();
    });
    lines.on('SIGTSTP', () => undefined); // nothing would bring the terminal's mode back
    return {
        next(prompt) {
            lines.setPrompt(prompt);
            lines.prompt(true); // with what was typed meanwhile
            return queue.next();
        },
        async during(work, onInterrupt) {
            stop = onInterrupt;
            echo.muted = true; // what is typed meanwhile is shown with the next prompt
            try {
                return await work;
            } finally {
                stop = undefined;
                echo.muted = false;
            }
        },
        close: () => lines.close(),
    };
}

/** Lines of a file or a pipe, written to `transcript` behind the prompt, as a terminal shows them. */
export function pipedInput(input: NodeJS.ReadableStream, transcript: NodeJS.WritableStream): ChatInput {
    const lines = createInterface({ input, terminal: false });
    const queue = new LineQueue(lines);
    return {
        async next(prompt) {
            const line = await queue.next();
            if (line !== undefined) transcript.write(`${prompt}${line}\n`);
            return line;
        },
        during: (work) => work,
        close: () => lines.close(),
    };
}

/** Lines that come before they are asked for are kept: readline's own iterator loses some of them. */
class LineQueue {
    readonly #lines: string[] = [];
    #waiting: ((line: string | undefined) => void) | undefined;
    #ended = false;

    constructor(lines: Interface) {
        lines.on('line', (line) => this.#take(line));
        lines.on('close', () => {
            this.#ended = true;
            this.#waiting?.(undefined);
        });
    }

    next(): Promise<string | undefined> {
        const line = this.#lines.shift();
        if (line !== undefined || this.#ended) return Promise.resolve(line);
        return new Promise((resolve) => (this.#waiting = resolve));
    }

    #take(line: string): void {
        if (this.#waiting === undefined) this.#lines.push(line);
        else this.#waiting(line);
        this.#waiting = undefined;
    }
}

/** What readline writes, unless it is muted. */
class Echo extends Writable {
    muted = false;

    constructor(private readonly terminal: NodeJS.WriteStream) {
        super();
        terminal.on('resize', () => this.emit('resize'));
    }

    /** Readline asks for it. */
    get columns(): number {
        return this.terminal.columns;
    }

    override _write(chunk: Buffer, _encoding: string, done: () => void): void {
        if (!this.muted) this.terminal.write(chunk);
        done();
    }
}
