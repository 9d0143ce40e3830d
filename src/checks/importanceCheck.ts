import { z } from 'zod';
import type { Sample } from '../corpus/Corpus.js';
import type { Engine } from '../engine/Engine.js';
import { accuracyDifferenceInterval } from '../experiments/statistics/accuracyDifference.js';
import type { Estimate } from '../experiments/statistics/estimates.js';
import { neuronDrops, neuronsAPass } from './measures/neuronDrops.js';
import { drawResamples, estimate } from '../experiments/statistics/resampling.js';
import { analysisSites, type NeuronIndex } from '../neurons/analysis/NeuronAnalysis.js';
import { neuronName } from '../neurons/tables/neuronNames.js';
import { neuronTable } from '../neurons/tables/neuronTable.js';
import { rateRule } from '../neurons/controls/rateMatched.js';
import { jsonNumber } from '../files/jsonNumber.js';
import { median, sum } from '../support/averages.js';
import { formatCount, formatQuantity, formatShare, formatShort } from '../support/format.js';
import { drawFrom, numbersOf, randomGenerator } from '../support/randomGenerator.js';
import { type Correlation, rankCorrelation } from '../support/rankCorrelation.js';
import { benjaminiHochberg, meanAbove0 } from '../support/statistics.js';
import type { Check, CheckContext } from './Check.js';
import { type CheckNumber, type Finding, notTold, type Verdict } from './CheckResult.js';
import { nothingSpecific } from './nothingSpecific.js';
import { formatEstimate, isAbove0, numberOf } from './damages.js';

/** Neurons with a q up to this matter. */
const level = 0.05;

/** Does each specific neuron matter by itself, and does its activation tell how much? */
export const importanceCheck: Check = {
    name: 'importance',
    question: 'Do the specific neurons matter one by one, and does activation tell how much?',
    needs: ['model', 'data'],
    cost: 'a pass over the texts of a language for each neuron of `sample`, and one for its control',
    settings: ['sample', 'seed'],
    version: 2,
    run: checkImportance,
};

/** A neuron that was set to 0 alone, in the texts of one language. */
interface Tested {
    readonly language: string;
    readonly neuron: NeuronIndex;
    /** Otherwise it is a control. */
    readonly isSpecific: boolean;
    /** Mean fall of log-probability, in nats a token. */
    readonly drop: number;
    /** One-sided, of Student's t over the texts. */
    readonly p: number;
    /** Activation probability in the language. */
    readonly probability: number;
    /** How many texts the p is of. */
    readonly texts: number;
}

async function checkImportance(context: CheckContext): Promise<Finding> {
    if (Object.values(context.analysis.neurons.specific).every(({ length }) => length === 0)) return nothingSpecific;
    const tested = await testAll(context);
    if (tested === undefined) {
        return notTold('No language of the texts has specific neurons and two texts; give more texts with `data`.');
    }
    const q = benjaminiHochberg(tested.map(({ p }) => p));
    const matters = tested.map((_, i) => q[i]! <= level);
    const [specific, controls] = [true, false].map((kind) => matters.filter((_, i) => tested[i]!.isSpecific === kind));
    const share = (some: readonly boolean[]): number => some.filter(Boolean).length / some.length;
    const pair = [specific!, controls!].map((some) => some.map(Number)) as [number[], number[]];
    const more = accuracyDifferenceInterval([pair]);
    const found = tested.filter(({ isSpecific }) => isSpecific);
    const correlation = rankCorrelation(
        found.map(({ probability }) => probability),
        found.map(({ drop }) => drop),
    );
    const shares = { specific: share(specific!), controls: share(controls!) };
    const beyond = meanBeyond(tested);
    const texts = Math.min(...tested.map((one) => one.texts));
    return {
        verdict: verdictOf(shares.specific, more?.[0] ?? 0, beyond),
        sentence:
            `Alone, ${formatShare(shares.specific)} of ${formatQuantity(found.length, 'specific neuron')} make their ` +
            `language less probable (q up to ${level}), and ${formatShare(shares.controls)} of as many neurons of ` +
            `the same layers that are active as often, told by ${formatQuantity(texts, 'text')} a language or more. ` +
            `On average removing a specific neuron costs ${formatEstimate(beyond)} nats a token more than removing ` +
            `a control. ` +
            correlationWords(correlation),
        numbers: [
            { name: 'specific neurons that matter', value: shares.specific, form: 'share' },
            { name: 'controls that matter', value: shares.controls, form: 'share' },
            {
                ...{ name: 'difference', value: shares.specific - shares.controls, form: 'share' },
                ...(more === null ? {} : { interval: more }),
            },
            numberOf('mean fall beyond controls, nats a token', beyond),
            correlationNumber(correlation),
            { name: 'median fall, specific, nats a token', value: medianFall(found), form: 'number' },
            {
                name: 'median fall, controls',
                value: medianFall(tested.filter((one) => !one.isSpecific)),
                form: 'number',
            },
        ],
        table: {
            columns: ['language', 'neuron', 'kind', 'probability', 'fall', 'p', 'q'],
            rows: tested.map(({ language, neuron, isSpecific, drop, p, probability }, i) => [
                ...[language, neuronName(analysisSites(context.analysis), neuron)],
                ...[isSpecific ? 'specific' : 'control', probability, drop, p, q[i]!],
            ]),
        },
        caption:
            'By language, the share of neurons whose removal alone makes it less probable, of the specific ones and ' +
            'of controls that are active as often.',
        figure: { form: 'bars', title: 'neurons that matter', numbers: 'share', bars: barsOf(tested, matters) },
    };
}

function barsOf(
    tested: readonly Tested[],
    matters: readonly boolean[],
): { readonly label: string; readonly group: string; readonly value: number }[] {
    const languages = [...new Set(tested.map(({ language }) => language))];
    return languages.flatMap((label) =>
        [true, false].map((kind) => {
            const those = matters.filter((_, i) => tested[i]!.language === label && tested[i]!.isSpecific === kind);
            const value = those.filter(Boolean).length / those.length;
            return { label, group: kind ? 'specific' : 'active as often', value };
        }),
    );
}

/** The mean fall of the specific neurons less that of the controls, resampled over pairs of them. */
function meanBeyond(tested: readonly Tested[]): Estimate {
    const [own, others] = [true, false].map((kind) =>
        Float64Array.from(
            tested.filter(({ isSpecific }) => isSpecific === kind),
            ({ drop }) => drop,
        ),
    );
    const numerators = own!.map((drop, i) => drop - others![i]!);
    const weights = new Float64Array(numerators.length).fill(1);
    return estimate({ numerators, weights }, drawResamples(numerators.length), (mean) => mean);
}

/**
 * Specific neurons must matter more than controls: more of them, most of them, each told from chance. Where they do on
 * average alone, or only few of them, the finding is doubtful.
 */
function verdictOf(share: number, lowest: number, beyond: Estimate): Verdict {
    if (lowest > 0 && share >= 0.5) return 'holds';
    return lowest > 0 || isAbove0(beyond) ? 'doubtful' : 'fails';
}

function correlationWords({ value, interval }: Correlation): string {
    if (value === null || interval === null) return 'Too few were tested to say whether activation tells how much.';
    const how = interval[0] > 0 ? 'tells' : 'does not tell';
    return (
        `A neuron's activation probability ${how} how much it matters: rank correlation ${formatShort(value)} ` +
        `(95 %: ${formatShort(interval[0])} to ${formatShort(interval[1])}).`
    );
}

function correlationNumber({ value, interval }: Correlation): CheckNumber {
    const name = 'rank correlation of activation probability and fall';
    return { name, value, form: 'number', ...(interval === null ? {} : { interval }) };
}

function medianFall(tested: readonly Tested[]): number | null {
    return median(tested.map(({ drop }) => drop));
}

/** The neurons to be tested in one language's texts. */
interface Plan {
    readonly language: string;
    /** As many of each. */
    readonly specific: readonly NeuronIndex[];
    readonly controls: readonly NeuronIndex[];
    readonly texts: readonly Sample[];
}

/** Tests a sample of each language's specific neurons, and as many controls; undefined where there are none. */
async function testAll(context: CheckContext): Promise<Tested[] | undefined> {
    const { activations, analysis, progress } = context;
    const plans = await plansOf(context);
    if (plans.length === 0) return undefined;
    const engine = await context.engine();
    const { probability, starts, languages } = neuronTable(activations, analysis);
    progress.note(planWords(plans));
    progress.stage('neurons set to 0 one by one', sum(plans, workOf));
    const tested: Tested[] = [];
    for (const plan of plans) {
        const { language, specific, controls } = plan;
        const drops = await dropsOf(context, engine, plan);
        for (const [i, [site, index]] of [...specific, ...controls].entries()) {
            const { mean: drop, p } = meanAbove0(drops[i]!);
            const own = probability[(starts[site]! + index) * languages.length + languages.indexOf(language)]!;
            const isSpecific = i < specific.length;
            const texts = drops[i]!.length;
            tested.push({ language, neuron: [site, index], isSpecific, drop, p, probability: own, texts });
        }
    }
    progress.done();
    return tested;
}

async function plansOf({ activations, analysis, settings, corpus }: CheckContext): Promise<Plan[]> {
    const texts = await corpus();
    const control = rateRule(activations, analysis);
    const named = texts.languages.filter((language) => analysis.neurons.specific[language]!.length > 0);
    const each = Math.max(1, Math.floor(settings.sample / named.length));
    const plans: Plan[] = [];
    for (const language of named) {
        const own = analysis.neurons.specific[language]!;
        const seeds = [settings.seed, ...numbersOf(language)];
        const drawn = control(own, ...seeds);
        const some = (neurons: readonly NeuronIndex[]): NeuronIndex[] =>
            drawFrom([...neurons], Math.min(each, neurons.length), randomGenerator(...seeds));
        const samples: Sample[] = [];
        for await (const sample of texts.samples(language)) samples.push(sample);
        if (samples.length > 1) plans.push({ language, specific: some(own), controls: some(drawn), texts: samples });
    }
    return plans;
}

/** What is going to be computed, before it is. */
function planWords(plans: readonly Plan[]): string {
    const neurons = sum(plans, ({ specific }) => specific.length);
    const times = Math.max(...plans.map((plan) => 2 * plan.specific.length + passesOf(plan)));
    return (
        `${formatQuantity(neurons, 'specific neuron')} and as many controls are set to 0 one by one: each language's ` +
        `texts go through the model up to ${formatCount(times)} times`
    );
}

/** Passes of several neurons each. */
function passesOf({ specific }: Plan): number {
    return Math.ceil((2 * specific.length) / neuronsAPass);
}

/** Characters that go through the model: of every neuron, and of the whole model in each pass. */
function workOf(plan: Plan): number {
    const characters = sum(plan.texts, ({ prompt, response }) => prompt.length + response.length);
    return characters * (2 * plan.specific.length + passesOf(plan));
}

/** The drops of a plan's neurons, its specific ones first: [neurons][texts]. A pass that is kept is not done again. */
async function dropsOf(
    { kept, signal, progress }: CheckContext,
    engine: Engine,
    { language, specific, controls, texts }: Plan,
): Promise<number[][]> {
    const neurons = [...specific, ...controls];
    const drops: number[][] = [];
    for (let first = 0; first < neurons.length; first += neuronsAPass) {
        const some = neurons.slice(first, first + neuronsAPass);
        const pass = await kept({ language, neurons: some.map(String) }, z.array(z.array(jsonNumber)), async () =>
            (await neuronDrops(engine, texts, some, { signal, progress })).map((each) => [...each]),
        );
        drops.push(...pass);
    }
    return drops;
}
