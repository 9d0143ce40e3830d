import { upperKl, withoutInterval, worstLanguage } from '../../quants/quantFile.js';
import { fewestWithInterval } from '../../experiments/statistics/resampling.js';
import type { QuantFile, QuantLanguage, Quants } from '../../quants/quantsFile.js';
import type { Certain } from '../../quants/survival.js';
import { formatList, formatMeasured } from '../../support/format.js';
import { html, type Html } from '../../support/html.js';
import { quantsFigure } from '../figures/quantsFigure.js';
import type { DataTable } from '../tables/DataTable.js';
import { htmlTable } from '../tables/htmlTable.js';
import { section, type Section } from './Section.js';

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
    const few = [...new Set(files.slice(1).flatMap(withoutInterval))];
    if (few.length > 0)
        return (
            `No file is shown to have ${bound}: ${formatList(few)} ${few.length === 1 ? 'has' : 'have'} no interval, ` +
            `as there are fewer than ${fewestWithInterval} texts; give more texts to measure on.`
        );
    const [nearest] = files.slice(1).toSorted((a, b) => worstKl(a)! - worstKl(b)!);
    const worst = worstLanguage(nearest!);
    return `No file has ${bound}; nearest is ${nearest!.name}, with ${formatMeasured(worstKl(nearest!))} in ${worst}.`;
}

/** The greatest upper end of any language; null where one has no interval. */
function worstKl(file: QuantFile): number | null {
    const ends = Object.values(file.perLanguage).map(upperKl);
    return ends.includes(null) ? null : Math.max(...ends.map((end) => end!));
}

/** The same to three digits. */
function worstOf(file: QuantFile): number | null {
    const worst = worstKl(file);
    return worst === null ? null : Number(worst.toPrecision(3));
}

/** How far each file is from the reference, with every number. */
export function quantsSection(quants: Quants): Section {
    return section('smallerFiles', quantsTable(quants), {
        title: 'How far each file is from the reference',
        spec: quantsFigure(quants),
        label: 'KL divergence from the reference, by file and language',
        caption: figureCaption(quants),
        wide: true,
    });
}

/** The verdict and the files, nothing where none were compared. */
export function quantsOverview(quants: Quants | undefined): Html | false {
    return (
        quants !== undefined &&
        html` <section>
            <p>${quantsVerdict(quants)}</p>
            ${quants.notes.map((note) => html`<p><b>Note:</b> ${note}</p>`)} ${htmlTable(quantFilesTable(quants))}
        </section>`
    );
}

function figureCaption({ maxKl, evaluation }: Quants): Html {
    return html`<p>
        Mean KL divergence of the next-token distributions, in nats a token, on ${evaluation.join(', ')}. Files are in
        the order of their size, the largest above. Blue: under the bound of ${maxKl}; red: above. Outlined: the upper
        end of the 95 % interval (over texts) is not under the bound, or there is none.
    </p>`;
}

/** The files with their sizes, and where each is worst; with their importance matrices where one names any. */
export function quantFilesTable({ files }: Quants): DataTable {
    const named = files.some((file) => imatrixWords(file) !== '');
    return {
        name: 'files',
        columns: [
            ...['file', 'type', 'MB', 'bits a weight', 'largest KL, upper end', 'in'],
            ...(named ? ['importance matrix'] : []),
        ],
        rows: files.map((file, i) => [
            ...[file.name, file.type, Math.round(file.bytes / 1e6), Number(file.bitsPerWeight.toFixed(2))],
            ...(i === 0 ? [null, ''] : [worstOf(file), worstLanguage(file)]),
            ...(named ? [imatrixWords(file)] : []),
        ]),
    };
}
