import { type ChildProcess, spawn } from 'node:child_process';

/** A prompt takes well under a millisecond; a template that needs this long has an endless loop. */
const renderMilliseconds = 5_000;
/** A busy machine may take its time to start a process; nothing of the template runs meanwhile. */
const startMilliseconds = 60_000;
/** Prompts come together or not at all. */
const idleMilliseconds = 10_000;
/** Templates and prompts are kilobytes. */
const heapMegabytes = 128;
/** No context window holds a longer prompt. The heap's limit does not cover what is sent. */
const maxPromptCharacters = 16 * 1024 * 1024;

/** What the process runs; it is compiled, also where we are a source. */
const renderer = new URL('../../dist/questions/jinja/render.js', import.meta.url);

/**
 * Runs in the process. It has a limit of time of its own, above ours, so that a loop ends also where the
 * parent was killed meanwhile.
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
 * What came of a template and what it was given, in a few words: it refuses it, or takes too long or too much memory
 * for it. Any other failure is one of this machine's.
 */
export class TemplateFailure extends Error {
    override readonly name = 'TemplateFailure';
}

/** What a template is given. */
export type TemplateContext = Readonly<Record<string, unknown>>;

interface Job {
    readonly context: TemplateContext;
    readonly now: number;
    resolve(text: string): void;
    reject(cause: Error): void;
}

/**
 * Renders one chat template, which is code of whoever made the model, in a process of its own that is
 * ended when it takes too long or too much memory. (A thread would not do: V8 ends the whole process
 * where an array outgrows a thread's heap at once.) It starts with the first prompt, serves all that
 * follow, has no environment, compiles no strings, and ends with us, or when nothing has been asked of it
 * for a while.
 */
export class TemplateProcess {
    readonly #chatTemplate: string;
    readonly #waiting: Job[] = [];
    #running: Job | undefined;
    #child: ChildProcess | undefined;
    #ready = false;
    #timer: NodeJS.Timeout | undefined;

    constructor(chatTemplate: string) {
        this.#chatTemplate = chatTemplate;
    }

    /**
     * One prompt after another, in the order asked for. One that fails fails alone.
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
        this.#limit(renderMilliseconds, () =>
            this.#failRunning(new TemplateFailure(`runs for more than ${renderMilliseconds / 1000} s`)),
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
                String(2 * renderMilliseconds),
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
            if (this.#running !== undefined) this.#failRunning(new Error(`its process: ${cause.message}`));
            else this.#giveUp(`its process: ${cause.message}`);
        });
        child.on('exit', (code, signal) => {
            if (child !== this.#child) return;
            const aborted = signal === 'SIGABRT' || code === 134; // what V8 does where the heap is full
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

    /** The timer keeps us alive while a prompt is waited for; the process does not. */
    #limit(milliseconds: number, fail: () => void): void {
        clearTimeout(this.#timer);
        this.#timer = setTimeout(fail, milliseconds);
    }

    /** Ends the process for what it was given last; those that wait get another. */
    #failRunning(cause: Error): void {
        const running = this.#running;
        this.#end();
        running?.reject(cause);
        this.#next();
    }

    /** Ends the process, and all that waits for it: another would not do better. */
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
