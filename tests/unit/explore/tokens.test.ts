import { describe, expect, it } from 'vitest';
import { shownToken } from '../../../src/effects/shownToken.js';
import { TokenIndex } from '../../../src/explore/page/data/TokenIndex.js';
import type { TokenSearch } from '../../../src/explore/page/data/Query.js';
import type { NeuronTokens } from '../../../src/explore/tokensFormat.js';

const languages = ['en', 'de'];
const neurons: NeuronTokens[] = [
    { flat: 2, strongest: ['River', 'Fluss'], languages: { en: ['River', 'sea'], de: ['Fluss'] } },
    { flat: 3, languages: {}, raised: ['▁river', '▁Riverbank'] },
    { flat: 7, strongest: [], languages: { en: [] }, raised: [] },
    { flat: 8, strongest: ['café'], languages: { de: ['cafe\u0301', 'ßtrom'] }, raised: [shownToken('x\u202e\n y')] },
    { flat: 9, strongest: ['İ'], languages: { en: ['İ', 'seaside'] }, raised: ['▁sea'] },
    { flat: 10, strongest: ['‹e4bd›', '\\n', '‹bd›人'], languages: {}, raised: [] },
];
const index = new TokenIndex(neurons, languages);

/** Token by token. */
function expected({ text, among }: TokenSearch): number[] {
    const escape = /‹[0-9a-f]+›|\\n|\\u\{[0-9a-f]+\}/g;
    const folded = (one: string): string =>
        one
            .normalize('NFC')
            .toLowerCase()
            .replace(escape, (all) =>
                all.replace(/./gu, (sign) => String.fromCodePoint(2 ** 16 + sign.codePointAt(0)!)),
            );
    const listsOf = ({ strongest = [], languages: own, raised = [] }: NeuronTokens): readonly string[] => {
        if (typeof among === 'number') return own[languages[among]!] ?? [];
        const all = [...strongest, ...Object.values(own).flat()];
        return { any: [...all, ...raised], strongest: all, raised }[among];
    };
    const holds = (token: string): boolean => folded(token).includes(folded(shownToken(text)));
    return neurons.filter((one) => listsOf(one).some(holds)).map(({ flat }) => flat);
}

const found = (search: TokenSearch): number[] =>
    [...index.search(search, 12).entries()].filter(([, is]) => is === 1).map(([flat]) => flat);

describe('the search of tokens', () => {
    const texts = [
        'river',
        'RIVER',
        ' river',
        'sea',
        'e',
        's',
        'Fluss',
        'caf\u00e9',
        'İ',
        '\u202e',
        '\n',
        'riverb',
        'zz',
    ];
    it.each(texts)('finds the neurons that a look at each token finds: %j', (text) => {
        for (const among of ['any', 'strongest', 'raised', 0, 1] as const)
            expect(found({ text, among }), String(among)).toEqual(expected({ text, among }));
    });

    it('finds some, so that the above says something', () => {
        expect(found({ text: 'river', among: 'any' })).toEqual([2, 3]);
        expect(found({ text: 'river', among: 0 })).toEqual([2]);
        expect(found({ text: ' river', among: 'any' })).toEqual([3]);
        expect(found({ text: 'sea', among: 'any' })).toEqual([2, 9]);
        expect(found({ text: '\u202e', among: 'raised' })).toEqual([8]);
        expect(found({ text: 'r\nF', among: 'any' })).toEqual([]);
    });

    it('does not take what stands for bytes and line breaks for letters and digits', () => {
        for (const text of ['bd', '4', 'n\\', 'u{', '202']) expect(found({ text, among: 'any' }), text).toEqual([]);
        expect(found({ text: '\n', among: 'strongest' })).toEqual([10]);
        expect(found({ text: '‹e4bd›', among: 'any' })).toEqual([10]);
        expect(found({ text: '人', among: 'any' })).toEqual([10]);
    });

    it('finds nothing among no tokens', () => {
        expect([...new TokenIndex([], languages).search({ text: 'a', among: 'any' }, 3)]).toEqual([0, 0, 0]);
    });

    it('shows what it found before what is strongest, each once', () => {
        expect(index.shown(2, undefined)).toEqual({ found: [], strongest: ['River', 'Fluss'] });
        expect(index.shown(2, { text: 'flu', among: 'any' })).toEqual({ found: ['Fluss'], strongest: ['River'] });
        expect(index.shown(3, { text: 'river', among: 'any' })).toEqual({
            found: ['▁river', '▁Riverbank'],
            strongest: [],
        });
        expect(index.shown(5, { text: 'river', among: 'any' })).toEqual({ found: [], strongest: [] });
    });
});
