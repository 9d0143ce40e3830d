import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, it, vi } from 'vitest';
import { collect } from '../../src/activations/collect.js';
import { corpusSizes } from '../../src/activations/corpusSizes.js';
import { openCorpus } from '../../src/data/openCorpus.js';
import { Engine } from '../../src/engine/Engine.js';
import { commandHere } from '../helpers/commandHere.js';
import { embeddedModel } from '../helpers/models.js';
import { temporaryFolder } from '../helpers/temporaryFolder.js';

const root = temporaryFolder();
const rows = [
    { language: 'en', text: 'The teacher reads the book in the evening.' },
    { language: 'de', prompt: 'Frage: Wie viel ist 2 + 3?\nAntwort:', response: ' Das sind 5.' },
];
const jsonl = join(root, 'mine.jsonl');
writeFileSync(jsonl, rows.map((row) => `${JSON.stringify(row)}\n`).join(''));

afterEach(() => vi.unstubAllEnvs());

it.each([
    ['texts that are longer than a window', ['udhr:1-6', ['en', 'th', 'zh']]],
    ['prompts, of which only responses count', [jsonl, ['en', 'de']]],
] as const)('the tokens of %s are those that collect counts', async (_, [data, languages]) => {
    using engine = await Engine.open({ model: embeddedModel, gpu: 'off', windowSize: 128 });
    const corpus = await openCorpus(data, { languages });
    const sizes = await corpusSizes(corpus, engine);
    const { activations } = await collect({ engine, corpus, folder: join(root, languages.join()) });
    expect(languages.map((language) => sizes.get(language)!.tokens)).toEqual([...activations.tokens].map(Number));
    for (const { tokens, characters } of sizes.values()) {
        expect(tokens).toBeGreaterThan(0);
        expect(characters).toBeGreaterThan(0);
    }
});

it('data list says what is at hand, how to bring more, and the tokens of each language', async () => {
    const cache = join(root, 'cache');
    mkdirSync(cache);
    vi.stubEnv('LANGUAGE_NEURONS_CACHE', cache);
    const all = await commandHere('data', 'list');
    expect(all.code, all.stderr).toBe(0);
    expect(all.stdout).toMatch(/^udhr +\d{3} +31 +in the package/m);
    expect(all.stdout).toMatch(/^mgsm +11 +250 +downloaded when used/m);
    expect(all.stdout).toContain('FLORES+');

    expect(all.stdout).toMatch(/^udhr: en, ru, .* and \d{3} others, which --all names$/m);
    const named = await commandHere('data', 'list', '--all');
    expect(named.stdout).toMatch(/\byo, yrk\b/);
    expect(named.stdout).not.toMatch(/\bund\b/); // the package's word for several languages without a code
    const some = await commandHere('data', 'list', '--languages', 'Korean,yo', '--json');
    const { known } = JSON.parse(some.stdout) as { known: { name: string; languages: string[] }[] };
    expect(known.map(({ name, languages }) => [name, languages])).toEqual([
        ['udhr', ['ko', 'yo']],
        ['everyday', ['ko']],
    ]);
    const none = await commandHere('data', 'list', '--languages', 'xx');
    expect([none.code, none.stderr]).toEqual([1, expect.stringContaining('no data at hand is in the language xx')]);

    const counted = await commandHere('data', 'list', '--model', embeddedModel, '--languages', 'en,te', '--json');
    expect(counted.code, counted.stderr).toBe(0);
    const { sizes } = JSON.parse(counted.stdout) as {
        sizes: { data: string; languages: Record<string, { texts: number; tokens: number }> }[];
    };
    expect(sizes.map(({ data }) => data)).toEqual(['udhr', 'everyday']);
    expect(Object.keys(sizes[1]!.languages)).toEqual(['en', 'te']);
    expect(sizes[1]!.languages.te!.texts).toBe(40);
    expect(sizes[0]!.languages.te!.tokens).toBeGreaterThan(sizes[0]!.languages.en!.tokens); // its bytes
    const own = await commandHere('data', 'list', '--data', jsonl);
    expect(own.stdout).toMatch(/^language +texts +characters$/m);
    const wrong = await commandHere('data', 'lst');
    expect(wrong.code).toBe(2);
    expect(wrong.stderr).toContain('<task> takes list, not "lst"');
});
