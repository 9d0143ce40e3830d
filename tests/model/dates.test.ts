import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, it, vi } from 'vitest';
import { Chat } from '../../src/chat/Chat.js';
import { Engine } from '../../src/engine/Engine.js';
import { openQuestions } from '../../src/questions/sources/openQuestions.js';
import { openTemplate } from '../../src/questions/templates/promptTemplates.js';
import { type AnsweredQuestion, respond, type RespondOptions } from '../../src/questions/respond.js';
import { silent } from '../../src/support/progress.js';
import { commandHere } from '../helpers/commandHere.js';
import { datedTemplate, writeWithTemplate } from '../helpers/datedModel.js';
import { temporaryFolder } from '../helpers/temporaryFolder.js';

const folder = temporaryFolder();
const at = (...names: string[]): string => join(folder, ...names);
let model: string;
let engine: Engine;

beforeAll(async () => {
    model = writeWithTemplate(at('dated.gguf'), datedTemplate);
    mkdirSync(at('questions'));
    for (const language of ['en', 'de'])
        writeFileSync(at('questions', `mgsm_${language}.tsv`), ['6 + 6?\t12', '3 + 4?\t7', '1 + 1?\t2'].join('\n'));
    engine = await Engine.open({ model, gpu: 'off', contextSize: 1024 });
});
afterEach(() => vi.useRealTimers());
afterAll(() => {
    engine.close();
});

const read = (name: string): AnsweredQuestion[] => JSON.parse(readFileSync(at(name), 'utf8')) as AnsweredQuestion[];
const days = (name: string): string[] => [...new Set(read(name).map(({ instruction }) => instruction.split(' ')[0]!))];

async function respondOn(day: string, more: Partial<RespondOptions> = {}): Promise<readonly string[]> {
    vi.useFakeTimers({ toFake: ['Date'], now: new Date(`${day}T12:00:00`) });
    const notes: string[] = [];
    await respond({
        engine,
        questions: await openQuestions(at('questions')),
        template: await openTemplate('chat', engine),
        path: at('answers.json'),
        maxTokens: 4,
        progress: { ...silent, note: (line) => notes.push(line) },
        ...more,
    });
    return notes;
}

it('finished answers are found again on another day, and another day is asked for by name', async () => {
    const first = await respondOn('2026-03-05', { limit: 2 });
    expect(first.join('\n')).toContain('2026-03-05 (today)');
    expect(days('answers.json')).toEqual(['05.03.2026']);
    const before = read('answers.json');

    // Months later: what is there stays, and what is new is asked on the same day.
    const second = await respondOn('2026-11-28');
    expect(second.join('\n')).toContain('2026-03-05 (as in the answers before)');
    expect(second.join('\n')).toContain('continues after 4 of 6 questions');
    expect(days('answers.json')).toEqual(['05.03.2026']);
    expect(read('answers.json').filter(({ index }) => index < 2)).toEqual(before);

    await respondOn('2026-11-28', { date: '2024-02-29' });
    expect(days('answers.json')).toEqual(['29.02.2024']);
    // The day asked for last is the folder's from then on; a fresh start begins today.
    await respondOn('2026-11-29');
    expect(days('answers.json')).toEqual(['29.02.2024']);
    await respondOn('2026-11-29', { fresh: true });
    expect(days('answers.json')).toEqual(['29.11.2026']);
});

it('a template that writes no date is told none and keeps none', async () => {
    const notes = await respondOn('2026-03-05', {
        template: await openTemplate('mathoctopus', engine),
        path: at('plain.json'),
    });
    expect(notes.join('\n')).not.toContain('2026');
    expect(readFileSync(at('plain.json.answers.jsonl'), 'utf8')).not.toContain('date');
});

it('accuracies keep their day, and take another by --date', async () => {
    const on = (...more: string[]): Promise<{ code: number | null; stderr: string }> => {
        const questions = ['--data', at('questions'), '--template', 'chat', '--max-tokens', '2', '--limit', '2'];
        const command = ['deactivate', at('run'), '--model', model, '--gpu', 'off', '--metric', 'accuracy'];
        return commandHere(...command, ...questions, '--controls', '1', '--sets', 'specific', ...more);
    };
    mkdirSync(at('texts'));
    for (const [language, words] of [['en', 'The farmer and the house'] as const, ['de', 'Der Lehrer und die Stadt']])
        writeFileSync(at('texts', `${language}.txt`), Array.from({ length: 20 }, () => words).join('\n'));
    const collected = await commandHere(
        'collect',
        '--model',
        model,
        '--gpu',
        'off',
        '--data',
        at('texts'),
        '--out',
        at('run'),
    );
    expect(collected.code, collected.stderr).toBe(0);
    expect((await commandHere('identify', at('run'), '--top-rate', '0.1')).code).toBe(0);

    const first = await on('--date', '2020-01-31');
    expect(first.code, first.stderr).toBe(0);
    const journal = readFileSync(at('run', 'accuracy.answers.jsonl'), 'utf8');
    const lines = journal
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(lines.length).toBeGreaterThan(0);
    for (const line of lines)
        expect(line).toMatchObject({ date: '2020-01-31', end: expect.stringMatching(/stop|length/) });
    const again = await on();
    expect(again.code, again.stderr).toBe(0);
    expect(again.stderr).toContain('2020-01-31 (as in the answers before)');
    expect(again.stderr).toContain(`continues after ${lines.length} of`);
    expect(readFileSync(at('run', 'accuracy.answers.jsonl'), 'utf8')).toBe(journal);

    const odd = await on('--date', '2026-02-30');
    expect(odd.code).toBe(2);
    expect(odd.stderr).toContain('--date takes a day as YYYY-MM-DD, not "2026-02-30"');
});

it('a chat is told the day it is, turn by turn, or the one that is given', async () => {
    vi.useFakeTimers({ toFake: ['Date'], now: new Date('2026-03-05T12:00:00') });
    const told: string[] = [];
    const tokenize = engine.tokenize.bind(engine);
    const spy = vi.spyOn(engine, 'tokenize').mockImplementation((text, options) => {
        told.push(text.split(' ')[0]!);
        return tokenize(text, options);
    });
    const [live, fixed] = [
        await Chat.begin(engine, { maxTokens: 2 }),
        await Chat.begin(engine, { maxTokens: 2, date: '1999-12-31' }),
    ];
    await live.ask('Hi');
    vi.setSystemTime(new Date('2026-03-06T12:00:00'));
    await live.ask('Hi');
    await fixed.ask('Hi');
    expect(told).toEqual(['05.03.2026', '06.03.2026', '31.12.1999']);
    spy.mockRestore();
    live.close();
    fixed.close();
});
