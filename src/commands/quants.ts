import { openCorpus } from '../data/openCorpus.js';
import { isUnder, shortNames, upperKl } from '../quants/quantFile.js';
import { checkQuantFiles, quants } from '../quants/quants.js';
import { type QuantFile, type QuantLanguage, type Quants, quantsPath } from '../quants/quantsFile.js';
import { writeQuantsPage } from '../report/quantsPage.js';
import { imatrixWords, quantsVerdict } from '../report/sections/quantsSection.js';
import { pick } from '../settings/pick.js';
import { engineTable, identifyTable } from '../settings/settings.js';
import { formatChange, formatMeasured, formatShare } from '../support/format.js';
import { type AlignedCell, alignedTable, type Tone } from './words/alignedTable.js';
import type { CommandOf } from './arguments/CommandDeclaration.js';
import type { quantsDeclaration } from './arguments/declarations.js';

/** `quants`: what each quantized file keeps of every language, into OUT/quants.json, quants.csv and quants.html. */
export const quantsCommand: CommandOf<typeof quantsDeclaration> = async (args, { signal, progress, say }) => {
    const { reference, files = [], make, imatrix, maxKl, folds, force, out, excel } = args;
    checkQuantFiles({ files, make, imatrix });
    const shared = { signal, progress };
    const corpus = await openCorpus(args.data, { languages: args.languages, ...shared });
    const called = corpus.languages;
    const evaluation = await openCorpus(args.evaluation ?? args.data, { languages: called, called, ...shared });
    const imatrixTexts = imatrix && (await openCorpus(args.data, { languages: imatrix, ...shared }));
    const found = await quants({
        engine: { model: reference, ...pick(args, engineTable) },
        ...{ files, corpus, evaluation, imatrixTexts, make, imatrix, maxKl, folds, force, folder: out },
        ...{ ...pick(args, identifyTable), ...shared },
    });
    const page = await writeQuantsPage(out, found, { excel });
    for (const note of found.notes) say(note);
    const text = [filesTable(found), languagesTable(found), quantsVerdict(found), `page: ${page.html}`];
    return { json: { ...found, path: quantsPath(out) }, text: text.join('\n\n') };
};

function filesTable({ files }: Quants): string {
    const columns = [
        ...[
            { heading: 'file', elastic: true },
            { heading: 'type', elastic: true },
        ],
        ...['MB', 'bits/weight'].map((heading) => ({ heading, right: true })),
        { heading: 'importance matrix', elastic: true },
    ];
    return alignedTable(
        columns,
        files.map((file) => [
            ...[file.name, file.type, (file.bytes / 1e6).toFixed(0), file.bitsPerWeight.toFixed(2)],
            imatrixWords(file) || 'none named',
        ]),
    );
}

function languagesTable({ files: all, languages, maxKl }: Quants): string {
    const names = shortNames(all);
    const [, ...files] = all;
    const columns = [
        ...[{ heading: 'file', elastic: true }, { heading: 'lang' }],
        ...['perplexity', 'change', 'KL', '95 %', 'same top', 'neurons'].map((heading) => ({ heading, right: true })),
    ];
    const rows = files.flatMap((file) =>
        languages.map((language, i) => [i === 0 ? names.get(file.name)! : '', ...cellsOf(file, language, maxKl)]),
    );
    return alignedTable(columns, rows);
}

/** None where there is no interval. */
function toneOf(numbers: QuantLanguage, maxKl: number): Tone | undefined {
    if (upperKl(numbers) === null) return undefined;
    return isUnder(numbers, maxKl) ? 'good' : 'bad';
}

function cellsOf(file: QuantFile, language: string, maxKl: number): AlignedCell[] {
    const numbers = file.perLanguage[language]!;
    const { kl, perplexity, perplexityChange, sameTop, overlap } = numbers;
    const ends = kl.interval?.map((end) => formatMeasured(end)).join('–') ?? '';
    return [
        ...[language, formatMeasured(perplexity.value)],
        formatChange(perplexityChange.value),
        { text: formatMeasured(kl.value), tone: toneOf(numbers, maxKl) },
        ...[ends, formatShare(sameTop.value), formatShare(overlap.value)],
    ];
}
