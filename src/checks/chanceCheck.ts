import { type Choice, choose, chooseAmong, highAbove } from '../neurons/classes/choose.js';
import type { Probabilities } from '../neurons/scores/activationProbabilities.js';
import { type ScoreParts, scoreParts } from '../neurons/scores/scoreParts.js';
import { type NeuronAnalysis, neuronClasses } from '../neurons/analysis/NeuronAnalysis.js';
import { sum } from '../support/averages.js';
import { formatCount, formatQuantity, formatShort } from '../support/format.js';
import { studentQuantile } from '../support/statistics.js';
import { type ChanceDraws, chanceDraws } from './measures/chanceDraws.js';
import type { Check, CheckContext } from './Check.js';
import type { Finding } from './CheckResult.js';
import { numberWords } from './checkWords.js';
import { breathe, type ClassSizes, classSizes, sizesByLayer, specificRows } from './measures/foundNeurons.js';
import { criteriaOf, probabilitiesOf, repeatedCriteria } from '../neurons/classes/repeatAnalysis.js';

/** Shares of false discoveries up to which a finding holds, and is doubtful. */
const few = 0.05;
const many = 0.2;

/** What would be found if no language differed from another? */
export const chanceCheck: Check = {
    name: 'chance',
    question: 'How many would the same procedure find where there is nothing to find?',
    needs: [],
    cost: 'seconds',
    settings: ['repeats', 'seed'],
    version: 8,
    run: checkChance,
};

/** Numbers of neurons. */
interface Found {
    readonly selected: number;
    readonly classes: ClassSizes;
    /** Specific ones by layer, and by language. */
    readonly layers: readonly number[];
    readonly languages: readonly number[];
}

async function checkChance(context: CheckContext): Promise<Finding> {
    const { activations, analysis, settings, progress, signal } = context;
    const probabilities = probabilitiesOf(activations, analysis);
    const criteria = repeatedCriteria(probabilities, analysis);
    const choice = choose(probabilities, criteriaOf(analysis));
    const found = countFound(probabilities, choice, analysis);
    const classified = classifiedRows(choice, probabilities);
    const here = scored(probabilities);
    const chance = chanceDraws(activations, analysis);
    const drawn: Found[] = [];
    const beside: Found[] = [];
    progress.stage('chance', settings.repeats);
    for (let repeat = 0; repeat < settings.repeats; repeat++) {
        await breathe(signal);
        if (repeat > 0) progress.advance(1);
        const there = scored(chance.draw(settings.seed, repeat));
        const chosen = (): Choice => chooseAmong(there, highAbove(there, criteria.bar), criteria);
        const all = countFound(there, chosen(), analysis);
        drawn.push(all);
        if (all.classes.specific + all.classes.related === 0) {
            beside.push(all); // with fewer places it finds none either
            continue;
        }
        for (const row of classified) copyRow(here, there, row);
        beside.push(countFound(there, chosen(), analysis, classified));
    }
    return findingOf(analysis, found, { drawn, beside }, chance);
}

/** The rows selected and in a class. */
function classifiedRows({ selected, high }: Choice, { l }: Probabilities): ReadonlySet<number> {
    return new Set(selected.filter((row) => high[row]! > 0 && high[row]! < l));
}

type Scored = Probabilities & ScoreParts;

function scored(probabilities: Probabilities): Scored {
    return { ...probabilities, ...scoreParts(probabilities) };
}

function copyRow(from: Scored, to: Scored, row: number): void {
    to.p.set(from.p.subarray(row * from.l, (row + 1) * from.l), row * from.l);
    to.entropy[row] = from.entropy[row]!;
    to.maximum[row] = from.maximum[row]!;
}

/** @param apart rows that are not counted */
function countFound(
    probabilities: Probabilities,
    choice: Choice,
    analysis: NeuronAnalysis,
    apart: ReadonlySet<number> = new Set(),
): Found {
    const counted = { ...choice, selected: choice.selected.filter((row) => !apart.has(row)) };
    const specific = specificRows(probabilities, counted);
    const languages = analysis.languages.map(() => 0);
    for (const language of specific.values()) languages[language]!++;
    return {
        selected: counted.selected.length,
        classes: classSizes(counted, probabilities, analysis.method),
        layers: sizesByLayer(specific, probabilities, analysis),
        languages,
    };
}

/** A number that was found, and what chance gives. */
interface Compared {
    readonly label: string;
    readonly found: number;
    /** Mean over the repeats, and where 95 % of further ones would be. */
    readonly chance: number;
    readonly interval: Range;
    /** The same for what is false among the number found. */
    readonly falsely: number;
    readonly falselyInterval: Range;
    /** Whether that was counted beside the found neurons; else it is what chance gives. */
    readonly isBeside: boolean;
}

type Range = readonly [low: number, high: number];

/** The draws that a number is compared with. */
interface Drawn {
    /** Of all neurons: what the same procedure finds where there is nothing to find. */
    readonly drawn: readonly Found[];
    /** Of those that were not found, beside those that were: what is false in the analysis. */
    readonly beside: readonly Found[];
}

/** Above this share of a draw's selected neurons that are classified, those beside the found ones tell little. */
const mostClassified = 0.5;

/**
 * By how much the numbers beside the found neurons are to be raised: among these are false ones, which have taken as
 * many of the places that chance has as it classifies. Undefined where it classifies too many.
 */
function raiseBy({ drawn }: Pick<Drawn, 'drawn'>): number | undefined {
    const classified = sum(drawn, ({ classes }) => classes.specific + classes.related);
    const share = classified / sum(drawn, ({ selected }) => selected);
    return share <= mostClassified ? 1 / (1 - share) : undefined;
}

function compare(label: string, found: Found, { drawn, beside }: Drawn, of: (one: Found) => number): Compared {
    const raised = raiseBy({ drawn });
    const [chance, interval] = rangeOf(drawn.map(of));
    const [falsely, [low]] = raised === undefined ? [chance, interval] : rangeOf(beside.map(of), raised);
    // chance that has all places gives no fewer than chance that has some of them
    const falselyInterval: Range = [low, interval[1]];
    return { label, found: of(found), chance, interval, falsely, falselyInterval, isBeside: raised !== undefined };
}

/**
 * Mean of some numbers, and between which whole ones 95 % of further ones are; they vary at least as Poisson's do.
 * @param times what all are multiplied by
 */
function rangeOf(numbers: readonly number[], times = 1): [mean: number, range: Range] {
    const k = numbers.length;
    const mean = sum(numbers) / k;
    const variance = sum(numbers, (number) => (number - mean) ** 2) / (k - 1);
    const margin = studentQuantile(k - 1) * Math.sqrt(Math.max(variance, mean) * (1 + 1 / k));
    return [times * mean, [Math.max(0, Math.floor(times * (mean - margin))), Math.ceil(times * (mean + margin))]];
}

/**
 * The share of what was found that is chance; null where nothing was found. False ones are among the number found, so
 * that a share of it is too high on average where it is small: with V false ones, Poisson's by v, and T true ones,
 * E[V / (T + V)] = v E[1 / (T + V + 1)] (Chen's identity), a share of one more than were found.
 */
function falseShare({ found, falsely, falselyInterval: [low, high] }: Compared): {
    readonly value: number | null;
    interval?: [number, number];
} {
    if (found === 0) return { value: null };
    const share = (number: number, of = found): number => Math.min(1, number / of);
    return { value: share(falsely, found + 1), interval: [share(low), share(high)] };
}

function findingOf(analysis: NeuronAnalysis, found: Found, draws: Drawn, chance: ChanceDraws): Finding {
    const compared = (label: string, of: (one: Found) => number): Compared => compare(label, found, draws, of);
    const classes = neuronClasses.map((kind) => compared(kind, (one) => one.classes[kind]));
    const languages = analysis.languages.map((tag, k) => compared(tag, (one) => one.languages[k]!));
    const layers = found.layers.map((_, i) => compared(`layer ${i}`, (one) => one.layers[i]!));
    const [specific, related] = classes as [Compared, Compared];
    const { value: share, interval: limits } = falseShare(specific);
    return {
        verdict:
            share === null
                ? 'not told'
                : share <= few && limits![1] <= many
                  ? 'holds'
                  : share <= many
                    ? 'doubtful'
                    : 'fails',
        sentence: sentenceOf(specific, chance, draws.drawn.length),
        numbers: [
            { name: 'false discoveries among the specific neurons', ...falseShare(specific), form: 'share' },
            {
                name: 'specific neurons by chance',
                value: specific.chance,
                interval: [...specific.interval],
                form: 'count',
            },
            {
                name: 'specific neurons that are false',
                value: specific.falsely,
                interval: [...specific.falselyInterval],
                form: 'count',
            },
            { name: 'false discoveries among the related neurons', ...falseShare(related), form: 'share' },
        ],
        table: {
            columns: ['what', 'of', 'found', 'by chance', 'low', 'high', 'false share'],
            rows: [
                ...classes.map((one) => rowOf('class', one)),
                ...languages.map((one) => rowOf('specific, by language', one)),
                ...layers.map((one) => rowOf('specific, by layer', one)),
            ],
        },
        caption:
            'Specific neurons of each layer that were found, and that the same procedure finds by chance; the line ' +
            'shows where 95 % of further draws would be.',
        figure: {
            form: 'lines',
            xTitle: 'layer (0 is the first)',
            xLog: false,
            yTitle: 'specific neurons',
            numbers: 'count',
            lines: [
                { label: 'found', points: layers.map(({ found: y }, x) => ({ x, y })) },
                {
                    label: 'by chance',
                    points: layers.map(({ chance: y, interval }, x) => ({ x, y, interval: [...interval] })),
                },
            ],
        },
    };
}

function rowOf(what: string, one: Compared): (string | number | null)[] {
    const { label, found, chance, interval } = one;
    return [what, label, found, chance, ...interval, falseShare(one).value];
}

function sentenceOf(specific: Compared, { by, folds }: ChanceDraws, repeats: number): string {
    const how =
        by === 'permuted'
            ? 'the parts of the texts permuted among languages'
            : "each neuron's active tokens dealt to all languages' tokens";
    const caution = cautionOf(by, folds);
    if (specific.found === 0) return `No specific neuron was found, so there is nothing to compare.${caution}`;
    const share = numberWords({ name: '', ...falseShare(specific), form: 'share' });
    const beside = specific.isBeside
        ? `; beside the neurons found, which take places from chance, ${formatShort(specific.falsely)} are`
        : '';
    return (
        `Specific neurons: ${formatCount(specific.found)} were found. With languages that do not differ (${how}), ` +
        `${formatShort(specific.chance)} are found on average over ${formatQuantity(repeats, 'repeat')}${beside}. So ` +
        `${share} of those found may be chance.${caution}`
    );
}

/** Fewer folds hardly show how much texts differ. */
const enoughFolds = 4;

function cautionOf(by: ChanceDraws['by'], folds: number): string {
    if (by === 'dealt')
        return ' Tokens of one text are alike, which dealing does not know: collect with `folds` to permute texts.';
    if (folds >= enoughFolds) return '';
    return ` ${formatCount(folds)} folds state chance too high; collect with more \`folds\`.`;
}
