import { corpusSizes, type LanguageSize } from '../activations/corpusSizes.js';
import { isUdhr, udhrLanguages } from '../corpus/udhrCorpus.js';
import { broughtData, type KnownData, knownData } from '../data/knownData.js';
import { openCorpus } from '../data/openCorpus.js';
import type { Engine } from '../engine/Engine.js';
import { LanguageNeuronsError } from '../errors.js';
import { languageAmong } from '../languages/languageAmong.js';
import { paperLanguages } from '../languages/paperLanguages.js';
import { formatCount } from '../support/format.js';
import { wrapText } from '../support/wrapText.js';
import { alignedTable } from './words/alignedTable.js';
import type { CommandArguments, CommandContext, CommandOf } from './arguments/CommandDeclaration.js';
import type { dataDeclaration } from './arguments/declarations.js';
import { openEngine } from './process/openModel.js';

type Arguments = CommandArguments<typeof dataDeclaration>;

/** Texts or questions, and how much each language holds. */
interface SizedData {
    readonly data: string;
    readonly languages: Readonly<Record<string, LanguageSize>>;
}

/** `data list`: what is at hand and how to bring more; with data or a model, how much each language holds. */
export const dataCommand: CommandOf<typeof dataDeclaration> = async (args, context) => {
    if (args.data === undefined && args.model === undefined) {
        const known = inLanguages(await knownData(), args.languages);
        return { json: { known, brought: broughtData }, text: knownWords(known, args.all) };
    }
    const sized = await sizesOf(args, context);
    return { json: { sizes: sized }, text: sized.map((one) => sizesTable(one, args.model !== undefined)).join('\n\n') };
};

async function sizesOf(args: Arguments, { signal, progress }: CommandContext): Promise<SizedData[]> {
    const { data, languages, all, model } = args;
    const asked =
        data === undefined
            ? atHand(inLanguages(await knownData(), languages ?? (all ? undefined : paperLanguages)))
            : data.map((name) => ({
                  name,
                  languages: languages ?? (all && isUdhr(name) ? udhrLanguages() : undefined),
              }));
    using engine: Engine | undefined =
        model === undefined
            ? undefined
            : await openEngine({ model, gpu: 'off', countOnly: true }, { signal, progress });
    const sized: SizedData[] = [];
    for (const { name, languages } of asked) {
        const corpus = await openCorpus(name, { languages, signal, progress });
        const sizes = await corpusSizes(corpus, engine, signal);
        sized.push({ data: corpus.name, languages: Object.fromEntries(sizes) });
    }
    return sized;
}

/**
 * What has one of the languages that are asked for, with these alone. Default: all.
 * @throws LanguageNeuronsError NOT_FOUND for a language that none has
 */
function inLanguages(known: readonly KnownData[], asked: readonly string[] | undefined): readonly KnownData[] {
    if (asked === undefined) return known;
    const unknown = asked.find((language) =>
        known.every(({ languages }) => languageAmong(language, languages) === undefined),
    );
    if (unknown !== undefined)
        throw new LanguageNeuronsError(
            'NOT_FOUND',
            `no data at hand is in the language ${unknown}; \`data list --all\` names the languages that are, and ` +
                '`--data` takes your own texts',
        );
    const among = (languages: readonly string[]): string[] => [
        ...new Set(asked.flatMap((language) => languageAmong(language, languages) ?? [])),
    ];
    return known
        .map((one) => ({ ...one, languages: among(one.languages), here: among(one.here) }))
        .filter(({ languages }) => languages.length > 0);
}

/** Of some data, that which needs no network. */
function atHand(known: readonly KnownData[]): { readonly name: string; readonly languages: readonly string[] }[] {
    return known.map(({ name, here }) => ({ name, languages: here })).filter(({ languages }) => languages.length > 0);
}

/** Languages of one source that are named where not all are asked for. */
const mostNamed = 20;

function languageNames(languages: readonly string[], all: boolean): string {
    if (all || languages.length <= mostNamed) return languages.join(', ');
    const named = languages.slice(0, paperLanguages.length);
    return `${named.join(', ')} and ${formatCount(languages.length - named.length)} others, which --all names`;
}

function knownWords(known: readonly KnownData[], all: boolean): string {
    const table = alignedTable(
        [
            { heading: 'data' },
            { heading: 'languages', right: true },
            { heading: 'texts in each', right: true },
            { heading: 'where' },
            { heading: 'what', elastic: true },
        ],
        known.map((one) => [
            ...[one.name, formatCount(one.languages.length), formatCount(one.each), whereWords(one), one.what],
        ]),
    );
    const width = process.stdout.columns ?? 80;
    const lists = known.flatMap(({ name, languages }) => wrapText(`${name}: ${languageNames(languages, all)}`, width));
    const brought = broughtData.flatMap(({ form, how }) => wrapText(`- ${form}: ${how}`, width));
    return [table, '', ...lists, '', 'bring your own with --data:', ...brought].join('\n');
}

function whereWords({ languages, here, place }: KnownData): string {
    if (here.length === languages.length) return place;
    return here.length === 0 ? 'downloaded when used' : `${here.length} languages here, others when used`;
}

function sizesTable({ data, languages }: SizedData, counted: boolean): string {
    const columns = ['texts', 'characters', ...(counted ? ['tokens'] : [])];
    const rows = Object.entries(languages).map(([language, { texts, characters, tokens }]) => [
        language,
        ...[texts, characters, ...(tokens === undefined ? [] : [tokens])].map(formatCount),
    ]);
    return [
        data,
        alignedTable([{ heading: 'language' }, ...columns.map((heading) => ({ heading, right: true }))], rows),
    ].join('\n');
}
