import { type ClassName, classNames, type SiteSummary } from '../../siteFormat.js';
import { type Query, type SortColumn, tokenLists, type TokenSearch } from './Query.js';

const fixed: readonly string[] = ['place', 'score', 'high', 'most'];

/** The table's query from the address; what is not there or not understood has its default: all selected neurons. */
export function readQuery(settings: URLSearchParams, summary: SiteSummary): Query {
    const { languages, layers, tokenBlocks } = summary;
    const place = (tag: string): number => languages.findIndex((language) => language.tag === tag);
    const list = (name: string): string[] => (settings.get(name) ?? '').split(',').filter((one) => one !== '');
    const sort = settings.get('sort') ?? 'score';
    const [of = '', least, most] = list('p');
    const text = tokenBlocks === 0 ? '' : (settings.get('token') ?? '').trimEnd();
    return {
        classes: classesOf(settings.get('classes') ?? 'specific,related'),
        languages: list('languages')
            .map(place)
            .filter((k) => k !== -1),
        everyLanguage: settings.get('all') === '1',
        layers: rangeOf(settings.get('layers'), layers.length - 1),
        high: rangeOf(settings.get('high'), languages.length),
        probability:
            place(of) === -1 ? undefined : { language: place(of), least: number(least, 0), most: number(most, 1) },
        token: text === '' ? undefined : { text, among: amongOf(settings.get('among') ?? 'any', summary, place) },
        sort: fixed.includes(sort) ? (sort as SortColumn) : place(sort) === -1 ? 'score' : place(sort),
        descending: settings.get('order') === 'descending',
    };
}

/** Lists that the site has tokens in, with their labels; those of each language aside. `any` is one of them. */
export function searchedLists({
    hasExamples,
    effects,
}: SiteSummary): readonly (readonly [name: keyof typeof tokenLists, label: string])[] {
    if (hasExamples && effects !== undefined) return Object.entries(tokenLists) as [keyof typeof tokenLists, string][];
    return [['any', hasExamples ? tokenLists.strongest : tokenLists.raised]];
}

function amongOf(name: string, summary: SiteSummary, place: (tag: string) => number): TokenSearch['among'] {
    const list = searchedLists(summary).find(([known]) => known === name);
    if (list !== undefined) return list[0];
    return place(name) === -1 || !summary.hasExamples ? 'any' : place(name);
}

/** The name of a column in the address. */
export function sortName(sort: SortColumn, { languages }: SiteSummary): string {
    return typeof sort === 'number' ? languages[sort]!.tag : sort;
}

function classesOf(text: string): ClassName[] {
    return classNames.filter((name) => text.split(',').includes(name));
}

/** `3..7`, `..7`, `3..` */
function rangeOf(text: string | null, most: number): [number, number] {
    const [first = '', last = ''] = (text ?? '').split('..');
    return [number(first, 0), number(last, most)];
}

function number(text: string | undefined, otherwise: number): number {
    const value = Number(text);
    return text === undefined || text === '' || !Number.isFinite(value) ? otherwise : value;
}

/** Equal for equal queries. */
export function neuronSettingsText(query: Query): string {
    return JSON.stringify(query);
}
