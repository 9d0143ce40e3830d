import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import type { DeactivationMatrix } from '../../src/experiments/results/DeactivationMatrix.js';
import { commandHere } from '../helpers/commandHere.js';
import { embeddedModel } from '../helpers/models.js';
import { temporaryFolder } from '../helpers/temporaryFolder.js';

const root = temporaryFolder();
const at = (...names: string[]): string => join(root, ...names);
const model = ['--model', embeddedModel, '--gpu', 'off'];

/** Questions of each language, by their numbers. */
const questions = {
    asked: [0, 1, 2, 3],
    halfOfThem: [2, 3, 4, 5],
    others: [6, 7, 8, 9],
};
const texts = {
    en: (i: number) => `Max has ${20 + i} envelopes. Max buys 5 more. How many envelopes does Max have now?`,
    de: (i: number) => `Max hat ${20 + i} Briefe. Max kauft 5 dazu. Wie viele Briefe hat Max jetzt?`,
};
const languages = Object.keys(texts) as (keyof typeof texts)[];

async function run(...args: string[]): Promise<{ readonly stdout: string; readonly stderr: string }> {
    const { code, stdout, stderr } = await commandHere(...args);
    expect(code, stderr).toBe(0);
    return { stdout, stderr };
}

/** Counts data and finds neurons in a folder of their own. */
async function found(folder: string, data: string): Promise<void> {
    await run('collect', ...model, '--data', data, '--out', at(folder));
    await run('identify', at(folder), '--top-rate', '0.05');
}

/** @returns what a measurement of answers says: the file, the terminal and the plan before it */
async function measured(
    folder: string,
    data: string,
    template: string,
): Promise<{ readonly counted: DeactivationMatrix['counted']; readonly stderr: string; readonly planned: string }> {
    const asked = ['--data', at(data), '--metric', 'accuracy', '--template', at(template), '--max-tokens', '3'];
    const args = ['deactivate', at(folder), ...model, ...asked, '--controls', '1'];
    const { stderr: planned } = await run(...args, '--plan');
    const { stderr } = await run(...args);
    const { counted } = JSON.parse(readFileSync(at(folder, 'accuracy.matrix.json'), 'utf8')) as DeactivationMatrix;
    return { counted, stderr, planned };
}

beforeAll(async () => {
    writeFileSync(at('one.txt'), 'Solve. {question}\n{Language}:');
    writeFileSync(at('other.txt'), '{question}');
    for (const [name, numbers] of Object.entries(questions)) {
        mkdirSync(at(name));
        for (const language of languages) {
            const lines = numbers.map((i) => `${texts[language](i)}\t${25 + i}`);
            writeFileSync(at(name, `mgsm_${language}.tsv`), `${lines.join('\n')}\n`);
        }
    }
    const asked = ['--data', at('asked'), '--template', at('one.txt'), '--max-tokens', '12', '--answers', '2'];
    await run('respond', ...model, ...asked, '--temperature', '0.8', '--out', at('answers.json'));
    await found('run', at('answers.json'));
});

describe('answers to questions that neurons were found on', () => {
    it('are marked as circular, whatever the template, in file, terminal and plan', async () => {
        for (const template of ['one.txt', 'other.txt']) {
            const { counted, stderr, planned } = await measured('run', 'asked', template);
            expect(counted, template).toEqual({ en: 1, de: 1 });
            const words = 'evaluated on questions that were counted (en 100 %, de 100 % of the questions)';
            expect(stderr, template).toContain(`warning: ${words}`);
            expect(planned, template).toContain(`warning: it would be ${words}`);
        }
    });

    it('are marked by their share, and others are not', async () => {
        expect((await measured('run', 'halfOfThem', 'one.txt')).counted).toEqual({ en: 0.5, de: 0.5 });
        const { counted, stderr, planned } = await measured('run', 'others', 'one.txt');
        expect(counted).toBeUndefined();
        expect(stderr + planned).not.toContain('counted');
    });

    it('are known where the questions are texts, prompts or messages', async () => {
        await found('texts', at('asked'));
        const file = (name: string, record: (question: string, language: string) => object): string => {
            const lines = languages.flatMap((language) =>
                questions.asked.map((i) => JSON.stringify({ language, ...record(texts[language](i), language) })),
            );
            writeFileSync(at(name), lines.join('\n'));
            return at(name);
        };
        await found(
            'prompts',
            file('prompts.jsonl', (text) => ({ prompt: `${text}\n`, response: '25 + 5 = 30.' })),
        );
        const written = (text: string, language: string): string =>
            `Solve. ${text}\n${language === 'en' ? 'English' : 'German'}:`;
        await found(
            'templated',
            file('templated.jsonl', (text, language) => ({ prompt: written(text, language), response: '30.' })),
        );
        for (const folder of ['texts', 'prompts', 'templated'])
            expect((await measured(folder, 'asked', 'one.txt')).counted, folder).toEqual({ en: 1, de: 1 });
    });
});
