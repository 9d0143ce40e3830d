import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, expect, it } from 'vitest';
import { commandHere } from '../helpers/commandHere.js';
import { embeddedModel } from '../helpers/models.js';
import { temporaryFolder } from '../helpers/temporaryFolder.js';

const root = temporaryFolder();
const at = (...names: string[]): string => join(root, ...names);
const model = ['--model', embeddedModel, '--gpu', 'off'];

beforeAll(() => {
    mkdirSync(at('flores', 'dev'), { recursive: true });
    const texts = {
        'eng_Latn.dev': 'The farmer and the teacher go to the market. '.repeat(20),
        'deu_Latn.dev': 'Der Bauer und der Lehrer gehen zum Markt. '.repeat(20),
        'por_Latn.dev': 'o',
        'kor_Hang.dev': '집',
        '._eng_Latn.dev': 'x',
        'fra_Latn.dev.gz': 'x',
    };
    for (const [name, text] of Object.entries(texts)) writeFileSync(at('flores', 'dev', name), `${text}\n`);
});

it('languages are one on the way from texts to interventions, however they are written', async () => {
    const above = await commandHere('collect', ...model, '--data', at('flores'), '--out', at('run'));
    expect(above.code).toBe(1);
    expect(above.stderr).toMatch(/only the folder dev; give .* such as .*dev\n$/);

    const asked = ['--languages', 'German,eng_Latn,ko,pt-BR'];
    const collected = await commandHere(
        'collect',
        ...model,
        '--data',
        at('flores', 'dev'),
        ...asked,
        '--out',
        at('run'),
        '--json',
    );
    expect(collected.code, collected.stderr).toBe(0);
    expect(Object.keys((JSON.parse(collected.stdout) as { tokens: object }).tokens)).toEqual(['de', 'en', 'ko', 'pt']);
    expect(collected.stderr).toMatch(/skips \._eng_Latn\.dev and fra_Latn\.dev\.gz;/);
    expect(collected.stderr).toMatch(/pt-BR is there as pt\n/);
    expect(collected.stderr).toMatch(/few tokens of ko \(\d tokens?\) and pt \(\d tokens?\)/);
    expect((await commandHere('identify', at('run'), '--top-rate', '0.2')).code).toBe(0);

    const deactivated = await commandHere(
        ...['deactivate', at('run'), ...model, '--data', at('flores', 'dev'), '--languages', 'deu,English'],
        ...['--sets', 'specific', '--controls', '1', '--json'],
    );
    expect(deactivated.code, deactivated.stderr).toBe(0);
    expect((JSON.parse(deactivated.stdout) as { languages: string[] }).languages).toEqual(['de', 'en']);

    const prompt = ['generate', at('run'), 'Der', ...model, '--max-tokens', '1'];
    const without = await commandHere(...prompt, '--without', 'deu_Latn', '--set', 'specific+related');
    expect(without.code, without.stderr).toBe(0);
    const unknown = await commandHere(...prompt, '--without', 'fra_Latn');
    expect(unknown.stderr).toMatch(/no language fra_Latn, only de, en, ko, pt/);
}, 120_000);
