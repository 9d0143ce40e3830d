import { type ChildProcess, spawn } from 'node:child_process';
import { fileLimitWords } from '../../support/fileLimit.js';

/** What asks for a stop: Ctrl-C, `kill`, a terminal that is closed. */
export const stopSignals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** The child's message that it has said why it ends. */
export const toldMessage = 'told';

/** Value of LANGUAGE_NEURONS_CHILD with which a child sends its progress as messages. */
export const tellsProgress = 'progress';

/** File descriptor on which the child's native code says why it aborts. */
const abortFd = 3;

/** Milliseconds for the child to end by itself once a stop is asked for; the whole stop takes less than 2 s. */
const patience = 1500;

/** Where the work's words go, and what its environment has besides. */
export interface WorkOptions {
    readonly env?: Readonly<Record<string, string>>;
    readonly stdio: readonly ['inherit' | 'ignore', 'inherit' | 'ignore', 'inherit' | 'pipe'];
    /** Its progress comes as messages. */
    readonly messages?: boolean;
}

/** How the work ended. */
export interface WorkEnd {
    /** Exit code. */
    readonly code: number;
    /** Why, where the work itself could not say it. */
    readonly words?: string;
}

/** A command at work in a child process. */
export interface Work {
    readonly child: ChildProcess;
    readonly end: Promise<WorkEnd>;
    /** Asks it to stop; it is ended where it does not within a moment, or is asked again. */
    stop(signal: NodeJS.Signals): void;
}

/**
 * Starts a command in a child process. An abort in llama.cpp, or the kernel's out-of-memory killer, ends in one
 * line and not in silence, and work that cannot be interrupted can be ended: what is finished is on disk, and
 * files are written whole. It ends with this process, however that ends.
 */
export function startWork(args: readonly string[], { env = {}, stdio, messages = false }: WorkOptions): Work {
    const windows = process.platform === 'win32';
    const child = spawn(process.execPath, [...process.execArgv, ...quietly(), process.argv[1]!, ...args], {
        stdio: [...stdio, 'pipe', 'ipc'],
        env: {
            ...process.env,
            ...env,
            LANGUAGE_NEURONS_CHILD: messages ? tellsProgress : '1',
            LANGUAGE_NEURONS_ABORT_FD: String(abortFd),
        },
        // A group of its own: Ctrl-C comes to us alone and is passed on once, and its own children end with it.
        detached: !windows,
    });
    let hasTold = false;
    child.on('message', (message) => (hasTold ||= message === toldMessage));
    let lastWords = '';
    // None where it was not started; its error comes later.
    const pipe = (child.stdio as typeof child.stdio | undefined)?.[abortFd];
    if (pipe !== null && pipe !== undefined && 'setEncoding' in pipe) {
        pipe.setEncoding('utf8');
        pipe.on('data', (text: string) => (lastWords += text));
    }
    let asked = false;
    let timer: NodeJS.Timeout | undefined;
    const stop = (signal: NodeJS.Signals): void => {
        if (asked) return kill(child);
        asked = true;
        if (!windows) child.kill(signal); // on Windows Ctrl-C has reached the child already
        timer = setTimeout(() => kill(child), patience);
    };
    const end = ended(child)
        .then(
            ({ code, signal }): WorkEnd => {
                if (code !== null) return { code };
                const stopped = 'stopped; finished parts are kept; run the same command again to continue';
                if (asked) return { code: 130, ...(hasTold ? {} : { words: stopped }) };
                return { code: signal === 'SIGINT' ? 130 : 1, words: deathOf(signal, lastWords) };
            },
            (cause: Error): WorkEnd => {
                const mend = fileLimitWords(cause) ?? 'free some memory or end other processes';
                return { code: 1, words: `the work cannot be started (${cause.message}); ${mend}` };
            },
        )
        .finally(() => clearTimeout(timer));
    return { child, end, stop };
}

/**
 * Runs a command in a child process; see `startWork`.
 * @returns the exit code
 */
export async function supervise(args: readonly string[]): Promise<number> {
    const { end, stop } = startWork(args, { stdio: ['inherit', 'inherit', 'inherit'] });
    // A terminal that was closed takes no words, which is no reason to die of.
    process.stderr.on('error', () => undefined);
    for (const signal of stopSignals) process.on(signal, stop);
    const { code, words } = await end;
    for (const signal of stopSignals) process.off(signal, stop);
    if (words !== undefined) say(words);
    return code;
}

/** Node's own warnings are for programmers, who ask for them by an option of Node. */
function quietly(): string[] {
    const asked = [...process.execArgv, process.env.NODE_OPTIONS ?? ''].some((option) => option.includes('warnings'));
    return asked ? [] : ['--no-warnings'];
}

/** Ends the child and what it has started, such as a build. */
function kill(child: ChildProcess): void {
    try {
        process.kill(process.platform === 'win32' ? child.pid! : -child.pid!, 'SIGKILL');
    } catch {
        // it has ended meanwhile
    }
}

function ended(child: ChildProcess): Promise<{ code: number | null; signal: NodeJS.Signals | null }> {
    return new Promise((resolve, reject) => {
        child.on('error', reject);
        child.on('close', (code, signal) => resolve({ code, signal }));
    });
}

function say(line: string): void {
    // Below a progress bar, whose hidden cursor its own process can no longer bring back.
    const terminal = process.stderr.isTTY ? '\u001b[?25h\n' : '';
    process.stderr.write(`${terminal}language-neurons: ${line}\n`);
}

function deathOf(signal: NodeJS.Signals | null, lastWords: string): string {
    const kept = 'finished parts are kept; run the same command again to continue';
    const why = lastWords.trim().split('\n')[0];
    const server = /ggml-rpc\.cpp:\d+: (.+)$/.exec(why ?? '')?.[1];
    if (server !== undefined) return `${server}; check that the servers of --rpc are running; ${kept}`;
    if (why !== undefined && why !== '') return `llama.cpp aborted: ${why}; ${kept}, or try another model or --gpu off`;
    if (signal === 'SIGKILL') {
        return `the work was killed (out of memory?); ${kept}, with a smaller --batch-size or --window-size`;
    }
    return `the native library crashed (${signal ?? 'no signal'}); ${kept}, or try --gpu off`;
}
