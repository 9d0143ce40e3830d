import { meanState, resampledState, watchDonors } from './measures/donors.js';
import type { Engine } from '../engine/Engine.js';
import type { Estimate } from '../experiments/statistics/estimates.js';
import { type Damage, damageOf } from './measures/selectivity.js';
import type { ModelState } from '../interventions/ModelState.js';
import { distinctNeurons } from '../neurons/analysis/distinctNeurons.js';
import type { NeuronIndex } from '../neurons/analysis/NeuronAnalysis.js';
import { inRankedOrder, rankNeurons } from '../neurons/scores/rankNeurons.js';
import { formatList, formatQuantity } from '../support/format.js';
import type { Check, CheckContext } from './Check.js';
import type { Finding, Verdict } from './CheckResult.js';
import {
    damageCells,
    damageColumns,
    firstShare,
    formatEstimate,
    isAbove0,
    meanIndex,
    measureRises,
    mostLanguages,
    numberOf,
    type OwnNeurons,
    stateWithout,
    withOwnNeurons,
} from './damages.js';

/** Does the conclusion depend on what takes the place of activations, or on how many neurons it takes? */
export const ladderCheck: Check = {
    name: 'ladder',
    question: 'Is its own language harmed most, whatever takes the place of the activations?',
    needs: ['model', 'data'],
    cost: 'some 6 passes over the texts for each language',
    settings: ['set', 'seed'],
    version: 2,
    run: (context) => withOwnNeurons(context, (own, languages) => checkLadder(context, own, languages.length)),
};

/** Shares of a language's neurons, the best-ranked ones, that are set to 0. */
const doses = [0.25, 0.5] as const;

/** One way of changing a language's neurons, and the states that it gives. */
interface Rung {
    readonly name: string;
    /** Whether all neurons change; otherwise it is a dose. */
    readonly isWhole: boolean;
    readonly states: readonly ModelState[];
}

/** A rung with the damage to each language that has neurons. */
interface MeasuredRung extends Rung {
    readonly damages: readonly Damage[];
    /** On average over these languages. */
    readonly selectivity: Estimate;
    /** Share of the languages that are harmed most by their own neurons. */
    readonly first: number;
}

async function checkLadder(context: CheckContext, own: readonly OwnNeurons[], languages: number): Promise<Finding> {
    const engine = await context.engine();
    const rungs = [...zeroed(context, own), ...(await replaced(context, engine, own))];
    const risesOf = await measureRises(
        context,
        engine,
        rungs.flatMap(({ states }) => states),
    );
    const measured = rungs.map((rung): MeasuredRung => {
        const damages = rung.states.map((state, row) => damageOf(risesOf(state), own[row]!.place));
        return { ...rung, damages, selectivity: meanIndex(damages), first: firstShare(damages) };
    });
    return findingOf(own, measured, languages);
}

function zeroed({ activations, analysis }: CheckContext, own: readonly OwnNeurons[]): Rung[] {
    const ranking = rankNeurons(activations, analysis);
    const best = ({ language, neurons }: OwnNeurons, share: number): NeuronIndex[] => {
        const ranked = distinctNeurons([...inRankedOrder(ranking, language, neurons), ...neurons]);
        return ranked.slice(0, Math.ceil(share * neurons.length));
    };
    return [
        ...doses.map((share) => ({
            name: `zero, ${share === 0.5 ? 'half' : 'a quarter'}`,
            isWhole: false,
            states: own.map((one) => stateWithout(analysis, best(one, share))),
        })),
        { name: 'zero', isWhole: true, states: own.map(({ neurons }) => stateWithout(analysis, neurons)) },
    ];
}

/** By what other texts have in their place: none where an architecture takes nothing but factors. */
async function replaced(context: CheckContext, engine: Engine, own: readonly OwnNeurons[]): Promise<Rung[]> {
    const { settings, progress, signal } = context;
    const { sites } = engine;
    if (sites.some(({ addable }) => !addable)) return [];
    const neurons = distinctNeurons(own.flatMap((one) => one.neurons));
    const donors = await watchDonors(engine, await context.corpus(), {
        ...{ neurons, seed: settings.seed, signal, progress },
    });
    return [
        { name: 'mean', isWhole: true, states: own.map((one) => meanState(donors, one.neurons, sites)) },
        {
            name: 'resample',
            isWhole: true,
            states: own.map((one) => resampledState(donors, one.neurons, sites, settings.seed)),
        },
    ];
}

function findingOf(own: readonly OwnNeurons[], rungs: readonly MeasuredRung[], languages: number): Finding {
    const whole = rungs.filter(({ isWhole }) => isWhole);
    const names = own.map(({ language }) => language);
    return {
        verdict: verdictOf(rungs),
        sentence:
            `Its own language is harmed most ${formatList(whole.map((rung) => rungWords(rung, own.length)))}, out of ` +
            `${formatQuantity(languages, 'language')}. ${againstWords(rungs)}`,
        numbers: [
            // The whole set off first: the table of verdicts shows the first number.
            ...[...whole, ...rungs.filter(({ isWhole }) => !isWhole)].map(({ name, first }) => ({
                name: `own language first: ${name}`,
                value: first,
                form: 'share' as const,
            })),
            ...rungs.map(({ name, selectivity }) => numberOf(`selectivity index: ${name}`, selectivity)),
        ],
        table: {
            columns: ['operation', 'language', 'neurons', ...damageColumns],
            rows: rungs.flatMap(({ name, states, damages }) =>
                damages.map((damage, row) => [name, names[row]!, states[row]!.neurons.length, ...damageCells(damage)]),
            ),
        },
        caption:
            'A number is the place of the language itself among all languages, the most harmed one being 1 ' +
            '(outlined), when its neurons are changed in one way. Grey: the interval of its selectivity index holds 0.',
        figure: {
            form: 'grid',
            title: 'place of the own language',
            numbers: 'count',
            rowTitle: 'operation',
            columnTitle: 'language whose neurons are changed',
            rows: rungs.map(({ name }) => name),
            columns: names,
            values: rungs.map(({ damages }) => damages.map(({ rank }) => rank)),
            outlined: cellsOf(rungs, ({ rank }) => rank === 1),
            grey: cellsOf(rungs, ({ selectivity }) => !isAbove0(selectivity)),
        },
    };
}

function cellsOf(rungs: readonly MeasuredRung[], is: (damage: Damage) => boolean): [number, number][] {
    return rungs.flatMap(({ damages }, r) =>
        damages.flatMap((damage, c) => (is(damage) ? [[r, c] satisfies [number, number]] : [])),
    );
}

function verdictOf(rungs: readonly MeasuredRung[]): Verdict {
    if (rungs.some(({ isWhole, selectivity }) => isWhole && !isAbove0(selectivity))) return 'fails';
    const firm = rungs.every(({ first, selectivity }) => first >= mostLanguages && isAbove0(selectivity));
    return firm ? 'holds' : 'doubtful';
}

function rungWords({ name, first }: MeasuredRung, own: number): string {
    return `for ${Math.round(first * own)} of ${own} by ${name}`;
}

/** The operation under which least is left of the conclusion. */
function againstWords(rungs: readonly MeasuredRung[]): string {
    const weakest = rungs.reduce((least, rung) => (rung.selectivity.value < least.selectivity.value ? rung : least));
    return `The selectivity index is lowest by ${weakest.name}: ${formatEstimate(weakest.selectivity)} nats a token.`;
}
