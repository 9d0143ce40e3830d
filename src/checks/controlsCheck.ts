import type { Engine } from '../engine/Engine.js';
import { setConditions } from '../experiments/conditions/conditions.js';
import type { Estimate } from '../experiments/statistics/estimates.js';
import { average, difference } from '../experiments/statistics/resampling.js';
import { type Damage, damageOf, matchDamage } from './measures/selectivity.js';
import { distinctNeurons } from '../neurons/analysis/distinctNeurons.js';
import { analysisSites, type NeuronIndex } from '../neurons/analysis/NeuronAnalysis.js';
import { randomNeurons } from '../neurons/controls/randomNeurons.js';
import { rateRule } from '../neurons/controls/rateMatched.js';
import { formatQuantity } from '../support/format.js';
import { inParts, type Progress } from '../support/progress.js';
import type { Check, CheckContext } from './Check.js';
import type { Finding, Verdict } from './CheckResult.js';
import {
    damageCells,
    damageColumns,
    formatEstimate,
    indexBars,
    isAbove0,
    meanDamage,
    meanIndex,
    measureRises,
    mostLanguages,
    numberOf,
    type OwnNeurons,
    stateWithout,
    withOwnNeurons,
} from './damages.js';

/** As often is the number of random neurons doubled to do as much damage; each time for some half of the languages. */
const doublings = [0, 1, 2, 3, 4] as const;

/** Do a language's neurons harm their language more than other neurons do? */
export const controlsCheck: Check = {
    name: 'controls',
    question: 'Would other neurons harm a language as much as its own do?',
    needs: ['model', 'data'],
    cost: 'some 12 passes over the texts for each language',
    settings: ['set', 'controls', 'seed'],
    version: 2,
    run: (context) => withOwnNeurons(context, (own) => checkControls(context, own)),
};

/** What other neurons are like. */
const kinds = {
    layers: 'of the same layers',
    rate: 'that are active as often',
    damage: 'that harm other languages as much',
} as const;
type Kind = keyof typeof kinds;

/** The damage of a language's own neurons, and of other ones in their place. */
interface Row extends OwnNeurons {
    readonly damage: Damage;
    readonly controls: Readonly<Record<Kind, Damage>>;
    /** Number of random neurons that do as much damage, and whether so many were measured. */
    readonly matched: { readonly neurons: number; readonly reached: boolean };
}

async function checkControls(context: CheckContext, own: readonly OwnNeurons[]): Promise<Finding> {
    const rows = await measureRows(context, own);
    const selectivity = meanIndex(rows.map(({ damage }) => damage));
    const beyond = Object.fromEntries(
        kindNames.map((kind) => [kind, average(rows.map((row) => beyondOf(row, kind)))]),
    ) as Readonly<Record<Kind, Estimate>>;
    const selective = rows.filter(({ damage }) => isAbove0(damage.selectivity)).length;
    return {
        verdict: verdictOf([selectivity, ...Object.values(beyond)], selective / rows.length),
        sentence:
            `Without its own neurons, a language loses ${formatEstimate(selectivity)} nats a token more than the ` +
            `others do; in ${selective} of ${formatQuantity(rows.length, 'language')} the interval is above 0. ` +
            `Beyond random neurons that is ` +
            `${kindNames.map((kind) => `${formatEstimate(beyond[kind])} (${kinds[kind]})`).join(', ')}.` +
            unreachedWords(rows),
        numbers: [
            numberOf('selectivity index, nats a token', selectivity),
            ...kindNames.map((kind) => numberOf(`beyond random neurons ${kinds[kind]}`, beyond[kind])),
            { name: 'languages whose interval is above 0', value: selective / rows.length, form: 'share' },
        ],
        table: tableOf(rows),
        caption:
            'Each bar is a selectivity index: the rise of log-perplexity in the language itself less the average ' +
            'rise in the others, in nats a token, when neurons are set to 0. Own neurons should stand out from ' +
            'each kind of random ones.',
        figure: indexBars(groups.map(([group, damageOf]) => [group, rows.map((row) => [row.language, damageOf(row)])])),
    };
}

const kindNames = Object.keys(kinds) as Kind[];

/** The selectivity of a language's own neurons less that of others in their place. */
function beyondOf({ damage, controls }: Row, kind: Kind): Estimate {
    return difference(damage.selectivity, controls[kind].selectivity);
}

/** What is set to 0, and the damage that it does. */
const groups: readonly (readonly [name: string, of: (row: Row) => Damage])[] = [
    ['own neurons', ({ damage }) => damage],
    ...kindNames.map((kind) => [kinds[kind], ({ controls }: Row) => controls[kind]] as const),
];

function verdictOf(averages: readonly Estimate[], selective: number): Verdict {
    if (!averages.every(isAbove0)) return 'fails';
    return selective >= mostLanguages ? 'holds' : 'doubtful';
}

function unreachedWords(rows: readonly Row[]): string {
    const unreached = rows.filter(({ matched }) => !matched.reached).length;
    if (unreached === 0) return '';
    const which = formatQuantity(unreached, 'language');
    return ` For ${which} not even the most random neurons measured harm the others as much.`;
}

async function measureRows(context: CheckContext, own: readonly OwnNeurons[]): Promise<Row[]> {
    const { analysis, activations, settings } = context;
    const { set, controls, seed } = settings;
    const engine = await context.engine();
    const names = own.map(({ language }) => language);
    const conditions = {
        layers: setConditions(analysis, names, set, seed, controls),
        rate: setConditions(analysis, names, set, seed, controls, { draw: rateRule(activations, analysis) }),
    };
    const states = Object.values(conditions).flatMap((one) => [one.own, ...one.controls].flat());
    const [first, ...others] = inParts(context.progress, [states.length, ...doublings.map((k) => own.length / 2 ** k)]);
    const risesOf = await measureRises({ ...context, progress: first! }, engine, states);
    const damages = own.map(({ place }, row) => damageOf(risesOf(conditions.layers.own[row]!), place));
    const more = await measureMore(context, engine, own, { damages, parts: others });
    return own.map((one, row) => {
        const controlOf = (kind: keyof typeof conditions): Damage =>
            meanDamage(
                conditions[kind].controls.map((drawn) => risesOf(drawn[row]!)),
                one.place,
            );
        const { damage, ...matched } = matchDamage(damages[row]!, more[row]!, one.place);
        return {
            ...one,
            damage: damages[row]!,
            controls: { layers: controlOf('layers'), rate: controlOf('rate'), damage },
            matched,
        };
    });
}

/** Ever more random neurons. */
interface MeasuredMore {
    readonly neurons: number;
    readonly rises: readonly Estimate[];
}

/** For each language, ever more random neurons of the same layers, until they harm the others as much as its own do. */
async function measureMore(
    context: CheckContext,
    engine: Engine,
    own: readonly OwnNeurons[],
    { damages, parts }: { readonly damages: readonly Damage[]; readonly parts: readonly Progress[] },
): Promise<MeasuredMore[][]> {
    const { analysis, settings } = context;
    const found = own.map((): MeasuredMore[] => []);
    const drawn = own.map((): NeuronIndex[] => []);
    for (const doubling of doublings) {
        const open = [...own.keys()].filter(
            (row) => found[row]!.length === doubling && !isReached(found[row]!, damages[row]!, own[row]!.place),
        );
        if (open.length === 0) break;
        for (const row of open)
            drawn[row] = withMore(own[row]!.neurons, drawn[row]!, analysisSites(analysis), settings.seed + doubling);
        const risesOf = await measureRises(
            { ...context, progress: parts[doubling]! },
            engine,
            open.map((row) => stateWithout(analysis, drawn[row]!)),
        );
        for (const row of open) {
            const before = found[row]!.at(-1)?.neurons ?? 0;
            if (drawn[row]!.length > before || doubling === 0)
                found[row]!.push({ neurons: drawn[row]!.length, rises: risesOf(stateWithout(analysis, drawn[row]!)) });
        }
    }
    return found;
}

function isReached(found: readonly MeasuredMore[], target: Damage, place: number): boolean {
    const last = found.at(-1);
    return last !== undefined && damageOf(last.rises, place).others.value >= target.others.value;
}

/** Those drawn so far and, of the same layers, as many more as they and the set are together, as far as there are. */
function withMore(
    set: readonly NeuronIndex[],
    drawn: readonly NeuronIndex[],
    sites: Parameters<typeof randomNeurons>[1],
    seed: number,
): NeuronIndex[] {
    const taken = [...set, ...drawn];
    const isOwn = new Set(set.map(String));
    return distinctNeurons([...drawn, ...randomNeurons(taken, sites, seed)]).filter((one) => !isOwn.has(String(one)));
}

function tableOf(rows: readonly Row[]): NonNullable<Finding['table']> {
    return {
        columns: ['language', 'neurons', 'number', ...damageColumns],
        rows: rows.flatMap((row) =>
            groups.map(([group, damageOf]) => [
                row.language,
                group,
                group === kinds.damage ? row.matched.neurons : row.neurons.length,
                ...damageCells(damageOf(row)),
            ]),
        ),
    };
}
