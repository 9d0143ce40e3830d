import { type ChildProcess, spawn } from 'node:child_process';
import { resolve } from 'node:path';

export interface CliResult {
    readonly code: number | null;
    readonly signal: NodeJS.Signals | null;
    readonly stdout: string;
    readonly stderr: string;
}

/** Starts the built command line, as a user does; in a folder of its own where one is given. */
export function startCli(
    args: readonly string[],
    env: NodeJS.ProcessEnv = {},
    cwd = process.cwd(),
): { child: ChildProcess; ended: Promise<CliResult> } {
    const child = spawn(process.execPath, [resolve('dist/cli.js'), ...args], {
        cwd,
        env: { ...process.env, ...env },
        stdio: ['ignore', 'pipe', 'pipe'],
    });
    const text = { stdout: '', stderr: '' };
    for (const name of ['stdout', 'stderr'] as const)
        child[name]!.setEncoding('utf8').on('data', (part: string) => (text[name] += part));
    const ended = new Promise<CliResult>((done, fail) => {
        child.on('error', fail);
        child.on('close', (code, signal) => done({ code, signal, ...text }));
    });
    return { child, ended };
}

export function cli(...args: string[]): Promise<CliResult> {
    return startCli(args).ended;
}

/** Waits until stderr holds some text. */
export function sees(child: ChildProcess, text: string | RegExp): Promise<void> {
    return new Promise((done) => {
        let all = '';
        child.stderr!.on('data', (part: string) => {
            all += part;
            if (typeof text === 'string' ? all.includes(text) : text.test(all)) done();
        });
    });
}
