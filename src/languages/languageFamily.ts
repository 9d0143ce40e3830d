import { createRequire } from 'node:module';
import { languageTag, maximized } from './languageTag.js';

/** Where a language stands among the others. */
export interface LanguageFamily {
    /** English name of the largest group, such as `Indo-European`; empty where none is known. */
    readonly family: string;
    /** Codes of ISO 639-5 from the largest group to the smallest, then the language's: `ine`, `gem`, `gmw`, `de`. */
    readonly lineage: readonly string[];
}

/** CLDR’s groups that are in no other one, by their names in ISO 639-5 without `languages`. */
const familyNames: Readonly<Record<string, string>> = {
    aav: 'Austroasiatic',
    afa: 'Afro-Asiatic',
    art: 'Artificial',
    aus: 'Australian',
    cai: 'Central American',
    cau: 'Caucasian',
    cpe: 'English-based creole',
    dra: 'Dravidian',
    esx: 'Eskimo-Aleut',
    euq: 'Basque',
    hmx: 'Hmong-Mien',
    ine: 'Indo-European',
    jpx: 'Japonic',
    khi: 'Khoisan',
    map: 'Austronesian',
    nai: 'North American',
    nic: 'Niger-Kordofanian',
    paa: 'Papuan',
    sai: 'South American',
    sgn: 'Sign language',
    sit: 'Sino-Tibetan',
    ssa: 'Nilo-Saharan',
    tai: 'Tai',
    tup: 'Tupi',
    tut: 'Altaic',
    urj: 'Uralic',
    ypk: 'Yupik',
};

/** Groups of languages in UDHR and FLORES that CLDR 48 has in none; the groups are those of ISO 639-5. */
const further: Readonly<Record<string, string>> = {
    ...ofGroup('bnt', 'ng rn rw swb zdj'),
    ...ofGroup('ber', 'tzm'),
    ...ofGroup('cai', 'mto miq top tsz'),
    ...ofGroup('cpe', 'bi jam kri tpi'),
    ...ofGroup('cpp', 'pap'),
    ...ofGroup('cus', 'dbr jii'),
    ...ofGroup('inc', 'lah rmn'),
    ...ofGroup('ira', 'pbt'),
    ...ofGroup('omq', 'mzi ztu'),
    ...ofGroup('phi', 'tl'),
    ...ofGroup('poz', 'buc min pmy'),
    ...ofGroup('roa', 'ast mwl rm'),
    ...ofGroup('sai', 'arn auc ayo boa cas cpu huu pbb tca ura yuz'),
    ...ofGroup('sem', 'acq mt'),
    ...ofGroup('sit', 'hlt'),
    ...ofGroup('sqj', 'als sq'),
    ...ofGroup('ssa', 'guk'),
    ...ofGroup('tai', 'kkh'),
    ...ofGroup('alv', 'fuf'),
    ...ofGroup('zhx', 'hak'),
};

/** CLDR's group of all languages. */
const all = 'mul';

let parents: ReadonlyMap<string, string> | undefined;

/** A language's family by CLDR's language groups, so that relatives can stand beside each other. */
export function languageFamily(language: string): LanguageFamily {
    const tag = languageTag(language);
    if (tag === undefined) return { family: '', lineage: [] };
    const groups = (parents ??= readGroups());
    const code = tag.split('-')[0]!;
    const group = groups.get(code) ?? groups.get(maximized(tag).language);
    if (group === undefined) return { family: '', lineage: [code] };
    const lineage = [code];
    for (let one: string | undefined = group; one !== undefined && one !== all; one = groups.get(one))
        lineage.unshift(one);
    return { family: familyNames[lineage[0]!] ?? '', lineage };
}

/** Groups by their members, languages and smaller groups. */
function readGroups(): Map<string, string> {
    const { supplemental } = createRequire(import.meta.url)('cldr-core/supplemental/languageGroups.json') as {
        supplemental: { languageGroups: Readonly<Record<string, string>> };
    };
    const found = new Map(Object.entries(further));
    for (const [group, members] of Object.entries(supplemental.languageGroups))
        for (const member of members.split(' ')) found.set(member, group);
    return found;
}

function ofGroup(group: string, members: string): Readonly<Record<string, string>> {
    return Object.fromEntries(members.split(' ').map((member) => [member, group]));
}
