import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { corpusSizes } from '../../../src/activations/corpusSizes.js';
import { type KnownData, knownData } from '../../../src/data/knownData.js';
import { openCorpus } from '../../../src/data/openCorpus.js';
import { openQuestions } from '../../../src/questions/sources/openQuestions.js';
import { questionHomes } from '../../../src/questions/sources/questionHomes.js';
import { temporaryFolder } from '../../helpers/temporaryFolder.js';

const cache = temporaryFolder();
beforeAll(() => void vi.stubEnv('LANGUAGE_NEURONS_CACHE', cache));
afterAll(() => void vi.unstubAllEnvs());

async function named(name: string): Promise<KnownData> {
    return (await knownData()).find((one) => one.name === name)!;
}

it('what has a name is opened by it, in every language that is listed', async () => {
    const { languages, each, here } = await named('udhr');
    expect(languages.slice(0, 3)).toEqual(['en', 'ru', 'es']);
    expect(languages.length).toBeGreaterThan(400);
    expect(here).toEqual(languages);
    const corpus = await openCorpus('udhr', { languages });
    expect(corpus.languages).toEqual(languages);
    for (const language of ['en', 'fi', 'zu'])
        expect(
            (await corpusSizes(await openCorpus('udhr', { languages: [language] }), undefined)).get(language)!.texts,
        ).toBe(each);
});

it('everyday prompts are as many as are listed in each language', async () => {
    const { languages, each } = await named('everyday');
    const questions = await openQuestions('everyday');
    expect(questions.languages).toEqual(languages);
    for (const language of languages) expect(await questions.inLanguage(language)).toHaveLength(each);
});

it('what would be downloaded is told from what is here, and a changed file is not here', async () => {
    const before = await named('mgsm');
    expect(before).toMatchObject({ each: 250, here: [], place: join(cache, 'mgsm') });
    expect(before.languages.toSorted()).toEqual(Object.keys(questionHomes.mgsm!.files).toSorted());
    mkdirSync(join(cache, 'mgsm'));
    writeFileSync(join(cache, 'mgsm', 'mgsm_de.tsv'), 'Wie viel ist 1 + 1?\t2\n');
    expect((await named('mgsm')).here).toEqual([]);
});
