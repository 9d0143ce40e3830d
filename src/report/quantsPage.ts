import { join } from 'node:path';
import { writeFileAtomic } from '../files/fileAccess.js';
import { type CsvOptions, toCsv } from '../files/csv.js';
import { shortNames, upperKl, worstLanguage } from '../quants/quantFile.js';
import type { QuantFile, QuantLanguage, Quants } from '../quants/quantsFile.js';
import type { Certain } from '../quants/survival.js';
import { checkSettings } from '../settings/checkSetting.js';
import { csvTable } from '../settings/settings.js';
import { formatMeasured } from '../support/format.js';
import { toolVersion } from '../versions.js';
import { quantsFigure } from './figures/quantsFigure.js';
import { renderSvg } from './figures/renderSvg.js';
import { html, type Html } from '../support/html.js';
import { figure } from './page/page.js';
import { pageShell } from './page/shell.js';
import { section } from './sections/Section.js';
import type { DataTable } from './tables/DataTable.js';
import { htmlTable } from './tables/htmlTable.js';

/** Columns of a number with its interval. */
const withInterval = (name: string): string[] => [name, `${name} low`, `${name} high`];
const measured = {
    perplexity: ({ perplexity }: QuantLanguage) => perplexity,
    'perplexity change': ({ perplexityChange }: QuantLanguage) => perplexityChange,
    kl: ({ kl }: QuantLanguage) => kl,
    'same likeliest token': ({ sameTop }: QuantLanguage) => sameTop,
    'overlap of specific neurons': ({ overlap }: QuantLanguage) => overlap,
    'shift of probabilities': ({ moved }: QuantLanguage) => moved,
    'change of own neurons': ({ own }: QuantLanguage) => own,
} as const satisfies Readonly<Record<string, (numbers: QuantLanguage) => Certain<number | null>>>;

/** Every number, by file and language. */
export function quantsTable({ files, languages }: Quants): DataTable {
    return {
        name: 'quants',
        columns: [
            ...['file', 'language', 'type', 'bytes', 'bits a weight', 'imatrix', 'tokens'],
            ...Object.keys(measured).flatMap(withInterval),
            ...['specific neurons', 'in the reference'],
        ],
        rows: files.flatMap((file) =>
            languages.map((language) => {
                const numbers = file.perLanguage[language]!;
                return [
                    ...[file.name, language, file.type, file.bytes, file.bitsPerWeight, imatrixWords(file)],
                    numbers.tokens,
                    ...Object.values(measured).flatMap((of) => {
                        const { value, interval } = of(numbers);
                        return [value, interval?.[0] ?? null, interval?.[1] ?? null];
                    }),
                    ...[numbers.specific, numbers.specificBefore],
                ];
            }),
        ),
    };
}

/** What a file says of its importance matrix; empty: nothing. */
export function imatrixWords({ imatrix }: Pick<QuantFile, 'imatrix'>): string {
    return imatrix === null ? '' : imatrix.dataset || imatrix.file || 'unnamed';
}

/** The verdict in a sentence. */
export function quantsVerdict({ smallest, files, maxKl, languages }: Quants): string {
    const bound = `KL under ${maxKl} nats a token in all of ${languages.join(', ')}`;
    if (smallest !== null) {
        const { bytes, bitsPerWeight } = files.find(({ name }) => name === smallest)!;
        const size = `${(bytes / 1e6).toFixed(0)} MB, ${bitsPerWeight.toFixed(2)} bits a weight`;
        return `${smallest} (${size}) is the smallest file with ${bound}.`;
    }
    const [nearest] = files.slice(1).toSorted((a, b) => worstKl(a) - worstKl(b));
    const worst = worstLanguage(nearest!);
    return `No file has ${bound}; nearest is ${nearest!.name}, with ${formatMeasured(worstKl(nearest!))} in ${worst}.`;
}

function worstKl({ perLanguage }: QuantFile): number {
    return Math.max(...Object.values(perLanguage).map(upperKl));
}

/**
 * Writes `quants.html`, one page that needs no other file, and `quants.csv`.
 * @returns their paths
 * @throws LanguageNeuronsError UNWRITABLE
 */
export async function writeQuantsPage(
    folder: string,
    quants: Quants,
    options: CsvOptions = {},
): Promise<{ readonly html: string; readonly csv: string }> {
    checkSettings(options, csvTable, {});
    const table = quantsTable(quants);
    const csv = toCsv(table, options);
    const shown = section('quants', table, {
        title: 'How far each file is from the reference',
        spec: quantsFigure(quants),
        label: 'KL divergence from the reference, by file and language',
        caption: figureCaption(quants),
        numbers: htmlTable(table),
        wide: true,
    });
    const svg = await renderSvg(shown.spec, shown.id, shown.label);
    const name = quants.files[0]!.name;
    const content = pageShell({
        title: `Quantized files of ${name}`,
        kind: 'quants',
        version: toolVersion,
        lead: quantsVerdict(quants),
        main: html`${quants.notes.map((note) => html`<p><b>Note:</b> ${note}</p>`)}
            ${figure({ section: shown, svg, csv, number: 1 })}
            <section id="files">
                <h3>Files</h3>
                ${htmlTable(filesTable(quants))}
            </section>
            <section id="neurons">
                <h3>Which language neurons survive</h3>
                <p>
                    Neurons that are specific to a language in the reference and in the file, found on the same texts by
                    the same procedure: overlap is the Jaccard index |A∩B| / |A∪B|, with its 95 % interval by leaving
                    out parts of the texts. The last column says by how much the activation probability of the
                    reference’s neurons changed on average, in percentage points.
                </p>
                ${htmlTable(neuronsTable(quants))}
            </section>`,
    });
    const paths = { html: join(folder, 'quants.html'), csv: join(folder, 'quants.csv') };
    await writeFileAtomic(paths.csv, csv);
    await writeFileAtomic(paths.html, content);
    return paths;
}

function figureCaption({ maxKl, evaluation }: Quants): Html {
    return html`<p>
        Mean KL divergence of the next-token distributions, in nats a token, on ${evaluation.join(', ')}. Files are in
        the order of their size, the largest above. Blue: under the bound of ${maxKl}; red: above. Outlined: the upper
        end of the 95 % interval (bootstrap over texts) is not under the bound.
    </p>`;
}

function filesTable(quants: Quants): DataTable {
    return {
        name: 'files',
        columns: ['file', 'type', 'MB', 'bits a weight', 'largest KL, upper end', 'in', 'importance matrix'],
        rows: quants.files.map((file, i) => [
            ...[file.name, file.type, Math.round(file.bytes / 1e6), Number(file.bitsPerWeight.toFixed(2))],
            ...(i === 0 ? [null, ''] : [Number(worstKl(file).toPrecision(3)), worstLanguage(file)]),
            imatrixWords(file),
        ]),
    };
}

function neuronsTable({ files: all, languages }: Quants): DataTable {
    const names = shortNames(all);
    const [, ...files] = all;
    return {
        name: 'survival',
        columns: ['file', 'language', 'in the reference', 'in the file', 'overlap', 'from', 'to', 'change, points'],
        rows: files.flatMap((file) =>
            languages.map((language) => {
                const { specificBefore, specific, overlap, own } = file.perLanguage[language]!;
                const [low, high] = overlap.interval ?? [null, null];
                const rounded = (value: number | null): number | null => value && Number(value.toFixed(3));
                return [
                    ...[names.get(file.name)!, language, specificBefore, specific],
                    ...[overlap.value, low, high, own.value && 100 * own.value].map(rounded),
                ];
            }),
        ),
    };
}
