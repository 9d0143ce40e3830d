import { choose, type Choice } from '../neurons/choose.js';
import type { Probabilities } from '../neurons/activationProbabilities.js';
import { type NeuronAnalysis, neuronClasses } from '../neurons/NeuronAnalysis.js';
import { formatCount, formatQuantity, formatShare, formatShort } from '../support/format.js';
import { studentQuantile } from '../support/statistics.js';
import { type ChanceDraws, chanceDraws } from './chanceDraws.js';
import type { Check, CheckContext } from './Check.js';
import type { Finding } from './CheckResult.js';
import {
    breathe,
    type ClassSizes,
    classSizes,
    criteriaOf,
    probabilitiesOf,
    repeatedCriteria,
    sizesByLayer,
    specificRows,
} from './foundNeurons.js';

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
    version: 1,
    run: checkChance,
};

/** Numbers of neurons. */
interface Found {
    readonly classes: ClassSizes;
    /** Specific ones by layer, and by language. */
    readonly layers: readonly number[];
    readonly languages: readonly number[];
}

async function checkChance(context: CheckContext): Promise<Finding> {
    const { activations, analysis, settings, progress, signal } = context;
    const probabilities = probabilitiesOf(activations, analysis);
    const criteria = repeatedCriteria(probabilities, analysis);
    const found = countFound(probabilities, choose(probabilities, criteriaOf(analysis)), analysis);
    const chance = chanceDraws(activations, analysis);
    const drawn: Found[] = [];
    progress.stage('chance', settings.repeats);
    for (let repeat = 0; repeat < settings.repeats; repeat++) {
        await breathe(signal);
        const there = chance.draw(settings.seed, repeat);
        drawn.push(countFound(there, choose(there, criteria), analysis));
        progress.advance(1);
    }
    return findingOf(analysis, found, drawn, chance);
}

function countFound(probabilities: Probabilities, choice: Choice, analysis: NeuronAnalysis): Found {
    const specific = specificRows(probabilities, choice);
    const languages = analysis.languages.map(() => 0);
    for (const language of specific.values()) languages[language]!++;
    return {
        classes: classSizes(choice, probabilities, analysis.method),
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
    readonly interval: readonly [number, number];
}

function compare(label: string, found: Found, drawn: readonly Found[], of: (one: Found) => number): Compared {
    const numbers = drawn.map(of);
    const mean = numbers.reduce((sum, number) => sum + number, 0) / numbers.length;
    const variance = numbers.reduce((sum, number) => sum + (number - mean) ** 2, 0) / (numbers.length - 1);
    const margin = studentQuantile(numbers.length - 1) * Math.sqrt(variance * (1 + 1 / numbers.length));
    return { label, found: of(found), chance: mean, interval: [Math.max(0, mean - margin), mean + margin] };
}

/** The share of what was found that chance would give; null where nothing was found. */
function falseShare({ found, chance, interval }: Compared): {
    readonly value: number | null;
    interval?: [number, number];
} {
    if (found === 0) return { value: null };
    const share = (number: number): number => Math.min(1, number / found);
    return { value: share(chance), interval: [share(interval[0]), share(interval[1])] };
}

function findingOf(
    analysis: NeuronAnalysis,
    found: Found,
    drawn: readonly Found[],
    { by }: Pick<ChanceDraws, 'by'>,
): Finding {
    const classes = neuronClasses.map((kind) => compare(kind, found, drawn, (one) => one.classes[kind]));
    const languages = analysis.languages.map((tag, k) => compare(tag, found, drawn, (one) => one.languages[k]!));
    const layers = found.layers.map((_, i) => compare(`layer ${i}`, found, drawn, (one) => one.layers[i]!));
    const [specific, related] = classes as [Compared, Compared];
    const share = falseShare(specific).value;
    return {
        verdict: share === null ? 'not told' : share <= few ? 'holds' : share <= many ? 'doubtful' : 'fails',
        sentence: sentenceOf(specific, by, drawn.length),
        numbers: [
            { name: 'false discoveries among the specific neurons', ...falseShare(specific), form: 'share' },
            {
                name: 'specific neurons by chance',
                value: specific.chance,
                interval: [...specific.interval],
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

function sentenceOf(specific: Compared, by: ChanceDraws['by'], repeats: number): string {
    const how =
        by === 'permuted'
            ? 'the parts of the texts permuted among languages'
            : "counts drawn at each neuron's rate over all languages";
    const caution =
        by === 'permuted'
            ? ''
            : ' Tokens of one text are alike, which these draws do not know: collect with `folds` to permute texts.';
    if (specific.found === 0) return `No specific neuron was found, so there is nothing to compare.${caution}`;
    const share = formatShare(falseShare(specific).value);
    return (
        `Specific neurons: ${formatCount(specific.found)} were found. With languages that do not differ (${how}), ` +
        `${formatShort(specific.chance)} are found on average over ${formatQuantity(repeats, 'repeat')}, so ${share} ` +
        `of those found may be chance.${caution}`
    );
}
