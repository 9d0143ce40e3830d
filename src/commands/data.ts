import { corpusSizes, type LanguageSize } from '../activations/corpusSizes.js';
import { broughtData, type KnownData, knownData } from '../data/knownData.js';
import { openCorpus } from '../data/openCorpus.js';
import type { Engine } from '../engine/Engine.js';
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
        const known = await knownData();
        return { json: { known, brought: broughtData }, text: knownWords(known) };
    }
    const sized = await sizesOf(args, context);
    return { json: { sizes: sized }, text: sized.map((one) => sizesTable(one, args.model !== undefined)).join('\n\n') };
};

async function sizesOf(args: Arguments, { signal, progress }: CommandContext): Promise<SizedData[]> {
    const { data, languages, model } = args;
    const asked = data === undefined ? atHand(await knownData(), languages) : data.map((name) => ({ name, languages }));
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

/** Of all that needs no network, the languages that are asked for, by default the paper's. */
function atHand(
    known: readonly KnownData[],
    asked: readonly string[] = paperLanguages,
): { readonly name: string; readonly languages: readonly string[] }[] {
    return known
        .map(({ name, here }) => ({
            name,
            languages: asked.flatMap((language) => languageAmong(language, here) ?? []),
        }))
        .filter(({ languages }) => languages.length > 0);
}

function knownWords(known: readonly KnownData[]): string {
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
    const lists = known.flatMap(({ name, languages }) => wrapText(`${name}: ${languages.join(', ')}`, width));
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
