import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** What to read, by the names of worker.mjs. */
export interface ReadRequest {
    readonly reader: string;
    readonly path: string;
    /** Folder of sound inputs that the read one belongs to. */
    readonly home: string;
}

/**
 * How a read ended: `sound`, an error's code, or what must not be: FAULT, HANG, MEMORY. DIED: the native library took
 * the process along.
 */
export interface ReadResult {
    readonly outcome: string;
    readonly message: string;
    readonly milliseconds: number;
    readonly peakBytes: number;
    readonly polluted?: string | undefined;
}

const script = fileURLToPath(new URL('worker.mjs', import.meta.url));
/** As supervise.ts gives it to a command's child. */
const abortFd = 3;
/** Each process reads so many: memory that is never given back would show. */
const readsOfAProcess = 3000;

/** Reads mutated inputs in another process, and starts a new one where that died. */
export class Reader {
    #worker: ChildProcess | undefined;
    #reads = 0;
    #words = '';

    /**
     * @param folder an empty one, where what an input executes would leave its mark
     * @param mostMilliseconds of one read: a chat template may take 5 s, nothing else comes near
     * @param mostBytes of resident memory
     */
    constructor(
        private readonly folder: string,
        private readonly mostMilliseconds = 20_000,
        private readonly mostBytes = 2 * 1024 ** 3,
    ) {}

    async read(request: ReadRequest): Promise<ReadResult> {
        if (this.#reads++ >= readsOfAProcess) await this.close();
        const worker = (this.#worker ??= await this.#start());
        const begin = performance.now();
        let killed: ReadResult | undefined;
        const kill = (outcome: string, message: string, peakBytes: number): void => {
            killed = { outcome, message, milliseconds: performance.now() - begin, peakBytes };
            worker.kill('SIGKILL');
        };
        const watch = setInterval(() => {
            const bytes = residentBytes(worker.pid!);
            if (bytes > this.mostBytes) kill('MEMORY', `takes ${bytes} bytes`, bytes);
            else if (performance.now() - begin > this.mostMilliseconds)
                kill('HANG', `does not end within ${this.mostMilliseconds} ms`, bytes);
        }, 50);
        const stop = new AbortController();
        try {
            worker.send(request);
            const answered = once(worker, 'message', stop).then(([result]) => result as ReadResult);
            const died = once(worker, 'exit', stop).then(([code, signal]): ReadResult => ({
                outcome: 'DIED',
                message: `${String(signal ?? code)}: ${this.#words.trim().split('\n').slice(-3).join(' ')}`,
                milliseconds: performance.now() - begin,
                peakBytes: 0,
            }));
            const result = await Promise.race([answered, died]);
            if (result.outcome === 'DIED') this.#worker = undefined;
            return killed ?? result;
        } finally {
            clearInterval(watch);
            stop.abort();
            this.#words = '';
        }
    }

    async close(): Promise<void> {
        const worker = this.#worker;
        this.#worker = undefined;
        this.#reads = 0;
        if (worker?.exitCode !== null || worker.signalCode !== null) return;
        const over = once(worker, 'exit');
        worker.kill('SIGKILL');
        await over;
    }

    async #start(): Promise<ChildProcess> {
        const worker = spawn(process.execPath, [script], {
            cwd: this.folder,
            stdio: ['ignore', 'ignore', 'pipe', 'pipe', 'ipc'],
            env: { ...process.env, LANGUAGE_NEURONS_ABORT_FD: String(abortFd) },
        });
        for (const stream of [worker.stderr, worker.stdio[abortFd]]) {
            if (stream instanceof Object && 'setEncoding' in stream)
                stream.setEncoding('utf8').on('data', (text: string) => (this.#words += text));
        }
        const [first] = (await Promise.race([
            once(worker, 'message'),
            once(worker, 'exit').then(() => ['nothing']),
        ])) as [unknown];
        if (first !== 'ready') throw new Error(`the reader does not start: ${this.#words}`);
        return worker;
    }
}

function residentBytes(pid: number): number {
    try {
        return Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0) * 1024;
    } catch {
        return 0; // gone
    }
}
