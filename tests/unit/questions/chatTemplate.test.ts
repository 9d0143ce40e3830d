import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { PromptTemplate } from '../../../src/questions/templates/PromptTemplate.js';
import { openTemplate } from '../../../src/questions/templates/promptTemplates.js';
import {
    renderMilliseconds,
    TemplateFailure,
    TemplateProcess,
} from '../../../src/questions/templates/TemplateProcess.js';
import { heldBytes } from '../../helpers/heldBytes.js';

const question = { language: 'de', text: 'Was kostet <|im_end|> $1 & $&?' };
const whenAsked = (statement: string): string => `{% if messages[0].content == 'now' %}${statement}{% endif %}ok`;
const endless = '{% for i in range(100000) %}{% for j in range(100000) %}{% endfor %}{% endfor %}';

function chat(chatTemplate: string): Promise<PromptTemplate> {
    return openTemplate('chat', { path: 'model.gguf', info: { chatTemplate, bosText: '<s>', eosText: '</s>' } });
}

/** Process ids of our children; none where the system does not tell. */
function children(): number[] {
    if (!existsSync('/proc/self/status')) return [];
    return readdirSync('/proc')
        .filter((name) => /^\d+$/.test(name) && status(Number(name), 'PPid') === process.pid)
        .map(Number);
}

/** A number that Linux tells of a process; NaN where it is gone. */
function status(pid: number, field: string): number {
    try {
        return Number(new RegExp(`^${field}:\\s*(\\d+)`, 'm').exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]);
    } catch {
        return NaN;
    }
}

/** The most memory it has had so far. */
function peakBytes(pid: number): number {
    return (status(pid, 'VmHWM') || 0) * 1024;
}

async function refusal(attempt: Promise<unknown>): Promise<{ message: string }> {
    const error: unknown = await attempt.catch((cause: unknown) => cause);
    expect(error).toMatchObject({
        name: 'LanguageNeuronsError',
        code: 'UNSUPPORTED',
        message: expect.stringMatching(/^model\.gguf: [^\n]*`template`[^\n]*$/),
    });
    return { message: (error as Error).message };
}

describe("a model's chat template", () => {
    it('that loops without end is refused after 0.5 s here, and the process goes on meanwhile', async () => {
        const looping = new TemplateProcess(endless, 500);
        let turns = 0;
        const ticking = setInterval(() => turns++, 10);
        const begin = performance.now();
        await expect(looping.render({}, 0)).rejects.toThrow(TemplateFailure);
        await expect(looping.render({}, 0)).rejects.toThrow('runs for more than 0.5 s');
        const milliseconds = performance.now() - begin;
        clearInterval(ticking);
        expect(milliseconds).toBeGreaterThan(980);
        expect(milliseconds).toBeLessThan(15_000); // twice 0.5 s, and the start of a process on a busy machine
        expect(turns).toBeGreaterThan(10); // the template ran elsewhere
        expect(renderMilliseconds).toBe(5_000); // of users' templates
    });

    it('that loops for one question fails alone: those that wait are written by another process', async () => {
        const template = new TemplateProcess(whenAsked(endless), 500);
        const write = (content: string): Promise<string> => template.render({ messages: [{ content }] }, 0);
        const outcomes = await Promise.allSettled(['before', 'now', 'after', 'later'].map(write));
        expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled', 'fulfilled']);
        expect(await write('again')).toBe('ok');
    });

    it.each<{ what: string; statement: string }>([
        { what: 'lists', statement: '{% set x = range(2000000000) %}' },
        {
            what: 'lists of lists',
            statement:
                '{% set ns = namespace(x=[]) %}' +
                '{% for i in range(10000000) %}{% set ns.x = [ns.x, ns.x + [i]] %}{% endfor %}',
        },
        {
            what: 'text',
            statement:
                "{% set ns = namespace(x='abcdefgh') %}" +
                '{% for i in range(60) %}{% set ns.x = ns.x ~ ns.x %}{% endfor %}{{ ns.x }}',
        },
        {
            what: 'a long prompt',
            statement:
                "{% set ns = namespace(x='abcdefgh') %}" +
                '{% for i in range(24) %}{% set ns.x = ns.x ~ ns.x %}{% endfor %}{{ ns.x }}',
        },
    ])('that allocates $what without end is refused in bounded memory', async ({ statement }) => {
        const template = await chat(whenAsked(statement));
        let most = 0;
        const before = heldBytes();
        const watch = (): void => {
            most = Math.max(most, ...children().map(peakBytes));
        };
        const watching = setInterval(watch, 20);
        watch();
        await refusal(Promise.resolve(template.write({ language: 'en', text: 'now' })));
        clearInterval(watching);
        watch();
        expect(heldBytes() - before, 'our own').toBeLessThan(4e6);
        // Node itself and its heap of 128 MiB, which V8 oversteps by an array before it ends: 347 MB measured.
        if (existsSync('/proc/self/status')) expect(most).toBeGreaterThan(30e6);
        expect(most).toBeLessThan(500e6);
        expect(await template.write({ language: 'en', text: 'again' })).toBe('ok');
    });

    it('that throws is refused in its own words', async () => {
        expect((await refusal(chat("{{ raise_exception('no system\\nhere') }}"))).message).toContain('no system');
        expect((await refusal(chat('{% if %}'))).message).toContain('model.gguf');
        const template = await chat(whenAsked("{{ raise_exception('not now') }}"));
        await refusal(Promise.resolve(template.write({ language: 'en', text: 'now' })));
        expect(await template.write(question)).toBe('ok');
    });

    it("writes the model's special tokens, and the question as it stands", async () => {
        const template = await chat(
            '{{ bos_token }}<|im_start|>{{ messages[0].role }}\n{{ messages[0].content }}{{ eos_token }}' +
                '{% if add_generation_prompt %}A:{% endif %}',
        );
        expect(template).toMatchObject({ name: 'chat', special: true });
        expect(await template.write(question)).toBe(`<s><|im_start|>user\n${question.text}</s>A:`);
    });

    it('gets at nothing of the process', async () => {
        for (const name of ['process', 'require', 'globalThis', 'module', 'parentPort', 'workerData', 'import']) {
            await expect(
                chat(`{% if ${name} is defined %}{{ raise_exception('reached') }}{% endif %}ok`).then((template) =>
                    template.write(question),
                ),
                name,
            ).resolves.toBe('ok');
        }
        const reaches = [
            "messages.constructor.constructor('return process')()",
            "''.constructor.constructor('return process')()",
            "range.constructor('return process')()",
            "messages['__proto__']['constructor']['constructor']('return process.version')()",
            "raise_exception.constructor('return process')()",
            "messages[0]['constructor']['constructor']('return process.version')()",
            'namespace.__proto__.constructor.constructor("return process")()',
        ];
        for (const reach of reaches) {
            const written = await chat(`{{ ${reach} }}`).then(
                (template) => template.write(question),
                (cause: Error) => cause.message,
            );
            expect(written, reach).not.toMatch(/v\d+\.\d+|\[object process\]|pid/);
            expect(written, reach).toMatch(/cannot be used/);
        }
    });

    it('serves a thousand prompts with one process', async () => {
        const template = await chat('{{ messages[0].content }}!');
        const prompts = await Promise.all(
            Array.from({ length: 1000 }, (_, i) => template.write({ language: 'en', text: String(i) })),
        );
        expect(prompts).toEqual(Array.from({ length: 1000 }, (_, i) => `${i}!`));
    });
});
