import { expect, it } from 'vitest';
import type { LensFile } from '../../../src/lens/lensFile.js';
import { meanShares, meanTexts } from '../../../src/lens/meanShares.js';
import { renderSvg } from '../../../src/report/figures/renderSvg.js';
import { lensSection, lensSentences } from '../../../src/report/sections/lensSection.js';

const layer = (english: number, own: number, other: number, untold: number) => ({ english, own, other, untold });
const lens: LensFile = {
    ...{ model: 'm', data: ['udhr'], english: 'en', key: 'k' },
    languages: [
        { language: 'en', tokens: 4, layers: [layer(0, 0, 0, 4), layer(4, 0, 0, 0), layer(4, 0, 0, 0)] },
        { language: 'de', tokens: 4, layers: [layer(0, 0, 0, 4), layer(2, 1, 0, 1), layer(0, 4, 0, 0)] },
        { language: 'zh', tokens: 2, layers: [layer(0, 0, 1, 1), layer(0, 1, 0, 1), layer(0, 1, 0, 1)] },
    ],
};

it('means are over the languages other than English, each alike', () => {
    expect(meanShares(lens)).toEqual([
        { english: 0, own: 0, other: 0.25, untold: 0.75 },
        { english: 0.25, own: 0.375, other: 0, untold: 0.375 },
        { english: 0, own: 0.75, other: 0, untold: 0.25 },
    ]);
    expect(meanTexts(lens)).toBe('languages other than English');
    const english = { ...lens, languages: lens.languages.slice(0, 1) };
    expect(meanShares(english)[1]!.english).toBe(1);
    expect(lensSentences(english)).toContain('in the mean over the English texts');
});

it('the section says where English is most frequent, and its table has every language and layer', async () => {
    const { spec, id, label, caption, table } = lensSection(lens);
    expect(String(caption)).toMatch(/behind layer 1: 25\u00a0%\s+of the tokens there, and 0\u00a0% behind the last/);
    expect(table!.rows).toHaveLength(9);
    expect(table!.rows[4]).toEqual(['de', 1, 4, 0.5, 0.25, 0, 0.25]);
    expect(await renderSvg(spec, id, label)).toContain('not to be told');
});

it('the section says where English is the likeliest nowhere', () => {
    const languages = [{ language: 'de', tokens: 4, layers: [layer(0, 1, 0, 3), layer(0, 4, 0, 0)] }];
    expect(lensSentences({ ...lens, languages })).toMatch(/It is English behind no layer\.$/);
});
