import { type ChildProcess, spawn } from 'node:child_process';

/** A prompt takes well under a millisecond. A template that needs this long has an endless loop. */
export const renderMilliseconds = 5_000;
/** Time to start the process on a busy machine; nothing of the template runs meanwhile. */
const startMilliseconds = 60_000;
/** The process ends when no prompt has come for this long. */
const idleMilliseconds = 10_000;
/** Templates and prompts are kilobytes. */
const heapMegabytes = 128;
/** No context window holds a longer prompt. The heap's limit does not cover what is sent. */
const maxPromptCharacters = 16 * 1024 * 1024;

/** The compiled script that the process runs, also where this module runs from source. */
const renderer = new URL('../../../dist/questions/jinja/render.js', import.meta.url);

/**
 * Runs in the process. It has its own time limit, above the parent's, so that a loop ends even if the parent was
 * killed.
 */
const program = `
import { Script } from 'node:vm';
const [renderer, maxCharacters, milliseconds] = process.argv.slice(1);
const { ChatTemplate } = await import(renderer);
let template;
globalThis.render = ({ chatTemplate, context, now }) =>
    (template ??= new ChatTemplate(chatTemplate)).render(context, now);
const script = new Script('render(prompt)');
process.on('disconnect', () => process.exit());
process.on('message', (message) => {
    try {
        globalThis.prompt = message;
        const text = script.runInThisContext({ timeout: Number(milliseconds) });
        if (text.length > Number(maxCharacters)) throw new Error('its prompt has ' + text.length + ' characters');
        process.send({ text });
    } catch (cause) {
        process.send({ failure: String(cause?.message ?? cause).slice(0, 1000) });
    }
});
process.send('ready');
`;

type Message = 'ready' | { readonly text?: string; readonly failure?: string };

/**
 * A template's failure on its input: the template refuses it, or takes too long or too much memory. Any other failure
 * is this machine's.
 */
export class TemplateFailure extends Error {
    override readonly name = 'TemplateFailure';
}

/** The input of a template. */
export type TemplateContext = Readonly<Record<string, unknown>>;

interface Job {
    readonly context: TemplateContext;
    readonly now: number;
    resolve(text: string): void;
    reject(cause: Error): void;
}

/**
 * Renders one chat template in a process of its own, because a template is code by whoever made the model. The
 * process is ended when it takes too long or too much memory. (A thread is not enough: V8 ends the whole process
 * where an array outgrows a thread's heap at once.) The process starts with the first prompt and serves all later
 * ones. It has no environment and compiles no strings. It ends with this process, or when it has been idle for a
 * while.
 */
export class TemplateProcess {
    readonly #chatTemplate: string;
    readonly #milliseconds: number;
    readonly #waiting: Job[] = [];
    #running: Job | undefined;
    #child: ChildProcess | undefined;
    #ready = false;
    #timer: NodeJS.Timeout | undefined;

    /** @param milliseconds how long a prompt may take */
    constructor(chatTemplate: string, milliseconds = renderMilliseconds) {
        [this.#chatTemplate, this.#milliseconds] = [chatTemplate, milliseconds];
    }

    /**
     * Renders prompts one after another, in the order of the calls. A failure affects its own prompt only.
     * @param now what `strftime_now` writes: milliseconds since 1970, as if local time were UTC
     * @throws TemplateFailure; Error where the process cannot be started or was ended
     */
    render(context: TemplateContext, now: number): Promise<string> {
        return new Promise((resolve, reject) => {
            this.#waiting.push({ context, now, resolve, reject });
            this.#next();
        });
    }

    #next(): void {
        if (this.#running !== undefined) return;
        if (this.#waiting.length === 0) {
            this.#timer = setTimeout(() => this.close(), idleMilliseconds).unref();
            return;
        }
        this.#child ??= this.#start();
        if (!this.#ready) return;
        this.#running = this.#waiting.shift()!;
        this.#limit(this.#milliseconds, () =>
            this.#failRunning(new TemplateFailure(`runs for more than ${this.#milliseconds / 1000} s`)),
        );
        const { context, now } = this.#running;
        this.#child.send({ chatTemplate: this.#chatTemplate, context, now });
    }

    #start(): ChildProcess {
        const { SystemRoot } = process.env; // without it nothing runs on Windows
        const child = spawn(
            process.execPath,
            [
                `--max-old-space-size=${heapMegabytes}`,
                '--disallow-code-generation-from-strings',
                '--input-type=module',
                '--eval',
                program,
                renderer.href,
                String(maxPromptCharacters),
                String(2 * this.#milliseconds),
            ],
            {
                env: SystemRoot === undefined ? {} : { SystemRoot },
                stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
                windowsHide: true,
            },
        );
        child.on('message', (message: Message) => {
            if (child !== this.#child) return; // given up
            clearTimeout(this.#timer);
            if (message === 'ready') {
                this.#ready = true;
                child.unref();
                child.channel?.unref();
            } else {
                const { resolve, reject } = this.#running!;
                this.#running = undefined;
                if (message.text === undefined) reject(new TemplateFailure(message.failure));
                else resolve(message.text);
            }
            this.#next();
        });
        child.on('error', (cause) => {
            if (child !== this.#child) return;
            if (this.#running !== undefined) this.#failRunning(new Error(`its process failed: ${cause.message}`));
            else this.#giveUp(`its process failed: ${cause.message}`);
        });
        child.on('exit', (code, signal) => {
            if (child !== this.#child) return;
            const aborted = signal === 'SIGABRT' || code === 134; // V8's end where the heap is full
            if (aborted && this.#running !== undefined)
                this.#failRunning(new TemplateFailure(`takes more than ${heapMegabytes} MiB of memory`));
            else if (this.#running !== undefined) this.#failRunning(new Error(endedWith(signal ?? code)));
            else if (this.#ready) this.#end();
            else this.#giveUp(endedWith(signal ?? code));
        });
        this.#limit(startMilliseconds, () =>
            this.#giveUp(`its process does not start in ${startMilliseconds / 1000} s`),
        );
        return child;
    }

    /** Ends the process; the next prompt starts another. */
    close(): void {
        this.#giveUp('closed');
    }

    /** While a prompt is awaited, the timer keeps this process alive; the child does not. */
    #limit(milliseconds: number, fail: () => void): void {
        clearTimeout(this.#timer);
        this.#timer = setTimeout(fail, milliseconds);
    }

    /** Ends the process because of its last input. The waiting prompts get another process. */
    #failRunning(cause: Error): void {
        const running = this.#running;
        this.#end();
        running?.reject(cause);
        this.#next();
    }

    /** Ends the process and rejects all waiting prompts, because another process would fail too. */
    #giveUp(why: string): void {
        const jobs = [...(this.#running === undefined ? [] : [this.#running]), ...this.#waiting.splice(0)];
        this.#end();
        for (const { reject } of jobs) reject(new Error(why));
    }

    #end(): void {
        clearTimeout(this.#timer);
        this.#child?.kill('SIGKILL');
        this.#child = undefined;
        this.#running = undefined;
        this.#ready = false;
    }
}

function endedWith(how: string | number | null): string {
    return `its process ended with ${how}`;
}
