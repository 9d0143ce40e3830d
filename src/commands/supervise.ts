import { type ChildProcess, spawn } from 'node:child_process';
import { main } from './main.js';

/** Commands that load the native library, which can abort the process it is in. */
const native = new Set(['run', 'collect', 'deactivate', 'inspect', 'respond']);

/** File descriptor on which the child's native code says why it aborts. */
const abortFd = 3;

/**
 * Runs a native command in a child process, so that an abort in llama.cpp, or the kernel's out-of-memory
 * killer, ends in one line and not in silence; other commands run here.
 * @returns the exit code
 */
export async function supervise(args: readonly string[]): Promise<number> {
    if (!native.has(args[0] ?? '') || args.includes('--help')) return main(args);
    const windows = process.platform === 'win32';
    const child = spawn(process.execPath, [...process.execArgv, process.argv[1]!, ...args], {
        stdio: ['inherit', 'inherit', 'inherit', 'pipe', 'ipc'],
        env: { ...process.env, LANGUAGE_NEURONS_CHILD: '1', LANGUAGE_NEURONS_ABORT_FD: String(abortFd) },
        // A group of its own: Ctrl-C comes to us alone and is passed on once.
        detached: !windows,
    });
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
        process.on(signal, () => {
            if (!windows) child.kill(signal);
        });
    }
    let lastWords = '';
    const pipe = child.stdio[abortFd];
    if (pipe !== null && pipe !== undefined && 'setEncoding' in pipe) {
        pipe.setEncoding('utf8');
        pipe.on('data', (text: string) => (lastWords += text));
    }
    const { code, signal } = await ended(child);
    if (code !== null) return code;
    process.stderr.write(`language-neurons: ${deathOf(signal, lastWords)}\n`);
    return signal === 'SIGINT' ? 130 : 1;
}

function ended(child: ChildProcess): Promise<{ code: number | null; signal: NodeJS.Signals | null }> {
    return new Promise((resolve, reject) => {
        child.on('error', reject);
        child.on('close', (code, signal) => resolve({ code, signal }));
    });
}

function deathOf(signal: NodeJS.Signals | null, lastWords: string): string {
    const kept = 'finished parts are kept; run the same command again to continue';
    const why = lastWords.trim().split('\n')[0];
    if (why !== undefined && why !== '') return `llama.cpp aborted: ${why}; ${kept}, or try another model or --gpu off`;
    if (signal === 'SIGKILL') return `the work was killed (out of memory?); ${kept}, with a smaller --batch-size or --window-size`;
    return `the native library crashed (${signal ?? 'no signal'}); ${kept}, or try --gpu off`;
}
