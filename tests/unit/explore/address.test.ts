import { describe, expect, it } from 'vitest';
import { readQuery, searchedLists, sortName } from '../../../src/explore/page/data/neuronSettings.js';
import { readRoute, routeTo } from '../../../src/explore/page/data/routeText.js';
import { flatName, flatNamed, placeOf, startsOf } from '../../../src/explore/page/data/sites.js';
import type { ExploredSite, SiteSummary } from '../../../src/explore/siteFormat.js';
import { someActivations } from '../../helpers/exploredRun.js';

const sites: ExploredSite[] = someActivations().sites!.map((site) => ({ ...site, name: '' }));
const starts = startsOf(sites);

describe('names of neurons in the page', () => {
    it('are those of their places in all sites', () => {
        for (let flat = 0; flat < starts.at(-1)!; flat++)
            expect(flatNamed(flatName(flat, sites, starts), sites, starts)).toBe(flat);
        expect(flatName(600 + 40 * 3 + 7, sites, starts)).toBe('2:3:7');
        expect(placeOf(600 + 40 * 3 + 7, sites, starts)).toEqual({ site: 2, expert: 3, index: 7 });
    });

    it('are refused in words', () => {
        expect(flatNamed('2:8:0', sites, starts)).toMatch(/layer 2 has experts 0 to 7/);
    });
});

describe('the address', () => {
    it.each([
        ['overview', {}, ''],
        ['neurons', { languages: 'zh,ja', p: 'zh,0.2,0.5' }, ''],
        ['neuron', {}, '2:shared:5'],
        ['neuron', { a: 'x&y=1#?' }, 'ü/%'],
    ])('of %s %j %s leads back to it', (view, settings, name) => {
        const found = readRoute(routeTo(view, settings, name));
        expect(found.view).toBe(view);
        expect(found.name).toBe(name);
        expect(Object.fromEntries(found.settings)).toEqual(settings);
    });

    it('is the overview where it is empty, and takes what is no escape as it is', () => {
        expect(readRoute('').view).toBe('overview');
        expect(readRoute('#/neuron/%E0%A4%A').name).toBe('%E0%A4%A');
    });
});

describe('the filters in the address', () => {
    const summary = {
        languages: ['en', 'de'].map((tag) => ({ tag })),
        layers: [{}, {}, {}],
        tokenBlocks: 1,
        hasExamples: true,
        effects: [0],
    } as unknown as SiteSummary;
    const read = (text: string) => readQuery(new URLSearchParams(text), summary);

    it('are the selected neurons by score where there are none', () => {
        expect(read('')).toEqual({
            classes: ['specific', 'related'],
            languages: [],
            everyLanguage: false,
            layers: [0, 2],
            high: [0, 2],
            probability: undefined,
            token: undefined,
            sort: 'score',
            descending: false,
        });
    });

    it('are read, without what is not known', () => {
        const query = read(
            'classes=general,bad&languages=de,xx&layers=..1&high=1..&p=de,0.5,&sort=de&order=descending&all=1' +
                '&token=+a&among=de',
        );
        expect(query).toEqual({
            classes: ['general'],
            languages: [1],
            everyLanguage: true,
            layers: [0, 1],
            high: [1, 2],
            probability: { language: 1, least: 0.5, most: 1 },
            token: { text: ' a', among: 1 },
            sort: 1,
            descending: true,
        });
        expect(sortName(query.sort, summary)).toBe('de');
        expect(read('sort=constructor&p=xx,0,1&classes=any')).toMatchObject({ sort: 'score', classes: [] });
        expect(read('token=a&among=constructor').token).toEqual({ text: 'a', among: 'any' });
        expect(read('token=+').token).toBeUndefined();
        expect(readQuery(new URLSearchParams('token=a'), { ...summary, tokenBlocks: 0 }).token).toBeUndefined();
    });

    it.each([
        { lists: 'examples and effects', part: {}, raised: 'raised', de: 1, offered: ['any', 'strongest', 'raised'] },
        { lists: 'examples', part: { effects: undefined }, raised: 'any', de: 1, offered: ['any'] },
        { lists: 'effects', part: { hasExamples: false }, raised: 'any', de: 'any', offered: ['any'] },
    ])('look for tokens in the lists that there are: $lists', ({ part, raised, de, offered }) => {
        const site = { ...summary, ...part };
        const among = (name: string) => readQuery(new URLSearchParams(`token=a&among=${name}`), site).token!.among;
        expect([among('raised'), among('de')]).toEqual([raised, de]);
        expect(searchedLists(site).map(([name]) => name)).toEqual(offered);
    });
});
