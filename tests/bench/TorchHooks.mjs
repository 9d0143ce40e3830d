import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const script = fileURLToPath(new URL('torch_hooks.py', import.meta.url));

/**
 * torch_hooks.py in a process of its own, which waits while the other side is measured. Python: that of
 * LANGUAGE_NEURONS_PYTHON, else python3, with torch, transformers and, for GGUF files, accelerate and gguf.
 */
export class TorchHooks {
    #process;
    #lines;
    #errors = '';

    /**
     * @param {object} settings see torch_hooks.py
     * @throws {Error} where Python, a package or the model cannot be loaded, with Python's reason
     */
    static async open(settings) {
        const hooks = new TorchHooks();
        const python = process.env.LANGUAGE_NEURONS_PYTHON ?? 'python3';
        hooks.#process = spawn(python, [script, JSON.stringify(settings)], { stdio: ['pipe', 'pipe', 'pipe'] });
        hooks.#process.on('error', ({ message }) => (hooks.#errors += message));
        hooks.#process.stdin.on('error', () => {}); // of a process that ended, which its answer tells
        hooks.#process.stderr.on('data', (text) => (hooks.#errors += text));
        hooks.#lines = createInterface({ input: hooks.#process.stdout })[Symbol.asyncIterator]();
        hooks.versions = (await hooks.#answer()).versions;
        return hooks;
    }

    /**
     * The windows of each language, [languages][windows] of tokens, the first `skip` of a window not counted.
     * @param {number} [size] windows at a time. Default: what is fastest
     * @returns {Promise<number>} windows at a time
     */
    async take(windows, skip, size) {
        const lists = windows.map((language) => language.map((window) => Array.from(window)));
        return (await this.#ask({ windows: lists, skip, size })).batch;
    }

    /** Counts all windows. @returns {Promise<{tokens: number, seconds: number, cpu: number}>} cpu: of all threads */
    run() {
        return this.#ask({ run: true });
    }

    /** Counts of the last run. @returns {Promise<number[][][]>} [languages][layers][neurons] */
    async counts() {
        return (await this.#ask({ counts: true })).counts;
    }

    /**
     * @param {[layer: number, neuron: number][]} neurons in the order of their layers
     * @returns {Promise<{signs: Buffer[], logProbability: number, scored: number}>} bits of each language
     */
    async compare(neurons) {
        const { signs, ...rest } = await this.#ask({ compare: neurons });
        return { signs: signs.map((bits) => Buffer.from(bits, 'base64')), ...rest };
    }

    close() {
        this.#process.kill();
    }

    #ask(request) {
        this.#process.stdin.write(`${JSON.stringify(request)}\n`);
        return this.#answer();
    }

    async #answer() {
        for (;;) {
            const { value, done } = await this.#lines.next();
            if (done) throw new Error(this.#errors.trim().split('\n').at(-1));
            if (value.startsWith('{')) return JSON.parse(value); // libraries write to stdout too
        }
    }
}
