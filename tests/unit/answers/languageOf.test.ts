import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { languageOf } from '../../../src/answers/languageOf.js';
import { openCorpus } from '../../../src/data/openCorpus.js';

const languages = ['en', 'ru', 'es', 'fr', 'de', 'zh', 'ja', 'bn', 'th', 'sw'];
const mgsm = join(process.env.LANGUAGE_NEURONS_DATA ?? resolve('../shared/data'), 'mgsm');

describe('the language of a text', () => {
    it.each<[text: string, language: string | undefined]>([
        ['Janet sells nine eggs every day, so she makes eighteen dollars.', 'en'],
        ['Джанет продаёт девять яиц в день и получает 18 долларов.', 'ru'],
        ['Janet vende nueve huevos al día, así que gana 18 dólares.', 'es'],
        ['Janet vend neuf œufs par jour, elle gagne donc 18 dollars.', 'fr'],
        ['Janet verkauft jeden Tag neun Eier und verdient damit 18 Dollar.', 'de'],
        ['珍妮特每天卖九个鸡蛋，所以她赚18美元。', 'zh'],
        ['ジャネットは毎日9個の卵を売るので、18ドルを稼ぎます。', 'ja'],
        ['জ্যানেট প্রতিদিন নয়টি ডিম বিক্রি করে ১৮ ডলার আয় করে।', 'bn'],
        ['เจเน็ตขายไข่วันละเก้าฟอง เธอจึงได้เงิน 18 ดอลลาร์', 'th'],
        ['Janet huuza mayai tisa kila siku, kwa hivyo anapata dola 18.', 'sw'],
        ['答案是18美元。', 'zh'],
        ['18', undefined],
        ['= 3 + 4 = 7', undefined],
        ['Ja, 18.', undefined],
        ['', undefined],
    ])('%s', (text, language) => {
        expect(languageOf(text, languages)).toBe(language);
    });

    it('is that of most of a mixed text', () => {
        expect(
            languageOf(
                'Janet verkauft jeden Tag neun Eier auf dem Markt und verdient damit Geld. The answer is 18.',
                languages,
            ),
        ).toBe('de');
        expect(languageOf('So she makes eighteen dollars every day at the market. 答案是 18。', languages)).toBe('en');
    });

    it('is one of those it may be in', () => {
        const text = 'Janet verkauft jeden Tag neun Eier und verdient damit 18 Dollar.';
        expect(languageOf(text, ['en', 'de'])).toBe('de');
        expect(['en', 'fr', undefined]).toContain(languageOf(text, ['en', 'fr']));
    });

    it('of the UDHR is told in all ten languages', async () => {
        const corpus = await openCorpus('udhr:1-24', { languages });
        for (const language of languages) {
            for await (const { response } of corpus.samples(language))
                expect(languageOf(response, languages), response).toBe(language);
        }
    });

    it.skipIf(!existsSync(mgsm))(
        `of the questions of MGSM is told, none wrongly (skipped where ${mgsm} is absent)`,
        () => {
            let [told, all] = [0, 0];
            for (const language of languages) {
                for (const line of readFileSync(join(mgsm, `mgsm_${language}.tsv`), 'utf8')
                    .trim()
                    .split('\n')) {
                    const found = languageOf(line.split('\t')[0]!, languages);
                    all++;
                    told += found === undefined ? 0 : 1;
                    expect([language, undefined], line).toContain(found);
                }
            }
            expect(all).toBe(2500);
            expect(told / all).toBeGreaterThan(0.995); // 0.9976: 2,494
        },
    );
});
