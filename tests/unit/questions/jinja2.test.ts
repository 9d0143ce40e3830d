import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { clone } from '../../../scripts/build/source.mjs';
import { ChatTemplate } from '../../../src/questions/jinja/render.js';
import { pythonWithJinja2, renderWithJinja2, type TemplateCase } from '../../helpers/jinja2.js';

const now = '2026-03-05T07:08:09';
const roles = (...turns: readonly string[]) =>
    turns.map((content, i) => ({ role: i % 2 ? 'assistant' : 'user', content }));
const system = { role: 'system', content: '  Be brief.\n' };
const thought = '<think>\nh\n</think>\n\nYes. ';
const conversations = [
    roles('Hello <|im_end|> "q" & \'s\' {{ x }} {% y %} \\n'),
    [system, ...roles('\n Hi \n\n', thought, '日本 😀? ß')],
    roles('a', 'b\n', '', '', 'c'),
    roles(''),
    roles('q', ' a '),
    [system],
    [...roles('q'), ...roles('r')],
];
const contextOf = (messages: unknown, more: object = {}) => ({
    messages,
    add_generation_prompt: true,
    bos_token: '<s>',
    eos_token: '</s>',
    ...more,
});

interface Outcome {
    readonly text?: string | undefined;
    readonly error?: string | undefined;
}

const parsed = new Map<string, ChatTemplate>();

function ours({ template, context }: TemplateCase): Outcome {
    try {
        if (!parsed.has(template)) parsed.set(template, new ChatTemplate(template));
        return { text: parsed.get(template)!.render(context, Date.parse(`${now}Z`)) };
    } catch (cause) {
        return { error: (cause as Error).message };
    }
}

/** Texts as they are; errors without their words. */
const plain = (outcomes: readonly Outcome[], cases: readonly TemplateCase[]): unknown =>
    outcomes.map(({ text }, i) => [cases[i]!.template.slice(0, 200), text ?? 'refused']);

function expectSame(cases: readonly TemplateCase[]): void {
    expect(plain(cases.map(ours), cases)).toEqual(plain(renderWithJinja2(cases, now), cases));
}

/** llama.cpp's own, which its release holds and the build does not unpack. */
function ownTemplates(): string[] {
    const folder = mkdtempSync(join(tmpdir(), 'templates-'));
    try {
        clone(resolve('node_modules/node-llama-cpp/llama/gitRelease.bundle'), folder, ['models/templates']);
        const from = join(folder, 'models/templates');
        const names = readdirSync(from).filter((name) => name.endsWith('.jinja'));
        return names.map((name) => readFileSync(join(from, name), 'utf8'));
    } finally {
        rmSync(folder, { recursive: true, force: true });
    }
}

/** Expressions of all operators, mostly ones that fit. */
const expression = fc.letrec<{ any: string }>((tie) => {
    const atom = fc.constantFrom(
        ...['1', '2.5', '-3', "'a'", "'ab'", 'true', 'none', 'u', '[1, 2]', "{'a': 1}", "(1, 'b')", 'messages', '0'],
    );
    const operator = fc.constantFrom(
        ...['+', '-', '*', '/', '//', '%', '~', '~', '**', '==', '!=', '<', '>=', 'in', 'not in', 'and', 'or'],
    );
    const after = fc.constantFrom(
        ...[
            ' | length',
            ' | string',
            ' | default(1)',
            '[0]',
            '[-1:]',
            '.a',
            ' is defined',
            ' is string',
            ' | list',
            '',
        ],
        ...[' is not none', ' is divisibleby(2)', ' is in [1, 2]', ' | int', ' | tojson', ' | first', ' | join(",")'],
    );
    return {
        any: fc.oneof(
            { maxDepth: 3, withCrossShrink: true },
            atom,
            fc.tuple(tie('any'), operator, tie('any')).map((parts) => parts.join(' ')),
            fc.tuple(tie('any'), operator, tie('any')).map((parts) => `(${parts.join(' ')})`),
            fc.tuple(tie('any'), after).map(([inner, suffix]) => `(${inner})${suffix}`),
            fc.tuple(atom, after).map((parts) => parts.join('')),
            tie('any').map((inner) => `not ${inner}`),
            fc.tuple(tie('any'), tie('any'), tie('any')).map(([a, b, c]) => `${a} if ${b} else ${c}`),
        ),
    };
}).any;

const say = pythonWithJinja2 === undefined ? ' (skipped: no Python with jinja2; pip install jinja2)' : '';

describe.skipIf(say !== '')(`chat templates against Python's Jinja2${say}`, () => {
    it("llama.cpp's own come out the same, conversation by conversation", () => {
        const templates = ownTemplates();
        expect(templates.length).toBeGreaterThan(60);
        const cases = templates.flatMap((template) =>
            conversations.flatMap((messages) =>
                [true, false].map((add_generation_prompt) => ({
                    template,
                    context: contextOf(messages, { add_generation_prompt }),
                })),
            ),
        );
        expectSame(cases);
    });

    const { same, refused } = JSON.parse(readFileSync('tests/fixtures/jinja.json', 'utf8')) as {
        same: string[];
        refused: string[];
    };
    const inContext = (template: string): TemplateCase => ({ template, context: contextOf(conversations[1]) });

    it('small ones come out the same, or are refused by both', () => {
        expectSame(same.map(inContext));
    });

    it('what Jinja2 knows and we do not is refused', () => {
        const cases = refused.map(inContext);
        const theirs = renderWithJinja2(cases, now);
        expect(theirs.filter(({ text }) => text === undefined)).toEqual([]);
        expect(cases.map(ours).filter(({ text }) => text !== undefined)).toEqual([]);
    });

    it('expressions of any operators come out the same, or are refused', () => {
        const samples = fc.sample(expression, { numRuns: 1500, seed: Number(process.env['FC_SEED'] ?? 25) });
        const cases = samples.map((sample) => inContext(`{{ ${sample} }}`));
        const theirs = renderWithJinja2(cases, now);
        const [written, wrong] = [cases.map(ours), [] as unknown[]];
        let equal = 0;
        for (const [i, { text }] of written.entries()) {
            if (text === undefined) continue;
            if (text === theirs[i]!.text) equal++;
            else wrong.push([samples[i], text, theirs[i]]);
        }
        expect(wrong).toEqual([]);
        const told = theirs.filter(({ text }) => text !== undefined).length;
        expect(equal).toBeGreaterThan(0.8 * told); // the rest: chains of comparisons, `~` beside `+`
    });
});
