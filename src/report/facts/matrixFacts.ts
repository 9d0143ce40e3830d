import type {
    CellInterval,
    DeactivationMatrix,
    DeactivationSet,
    MeasuredIntervention,
} from '../../experiments/results/DeactivationMatrix.js';
import { effectOf } from '../../experiments/resultFiles/matrixTable.js';
import { beyondControlIn, isTold } from '../../experiments/statistics/toldCell.js';
import type { Operation } from '../../interventions/Operation.js';
import { median } from '../../support/averages.js';
import { metricOf } from '../../experiments/registry/metrics.js';
import { binomialTail, cellOf, isComparable, isFiniteNumber, meanOfFinite, type Measured } from './numbers.js';

/** Order of the sets in figures and tables; names unknown here follow. */
const setOrder: readonly string[] = ['specific', 'specific+related', 'specific+related+general', 'experts'];

/** Highest probability of as many hits by chance at which an effect is called clear. */
const clearChance = 0.05;

/** How a set of neurons answers "does removing a language's neurons hurt that language most?". */
export type Verdict = 'clear' | 'unclear' | 'absent' | 'tooFew' | 'unmeasured';

/** Numbers the page states in words, derived from one deactivation set. Effects as in `SetCell`. */
export interface SetFacts {
    readonly metric: string;
    /** What was done to the neurons; undefined: they were deactivated. */
    readonly operation: Operation;
    readonly set: string;
    /** Rows with neurons to remove and with every cell measured, of which the own one can tell harm from chance. */
    readonly compared: number;
    /** Rows that are left out of `compared`. */
    readonly leftOut: number;
    /** Of these, rows of languages without neurons in the set. */
    readonly empty: number;
    /** Of these, rows that are left out because their own cell cannot tell harm from chance. */
    readonly tooFew: number;
    /** Compared rows whose worst effect, if it is harm, is that of their own language. */
    readonly hits: number;
    /** The other compared rows, by language. */
    readonly exceptions: readonly string[];
    /** The same count for the random control. */
    readonly controlHits: number;
    /** Hits expected if the largest change fell on any language alike. */
    readonly expectedHits: number;
    /** Mean over the languages, as of `others` and of the control: see `meanEffect`. */
    readonly own: Measured;
    readonly ownMedian: Measured;
    readonly others: Measured;
    readonly controlOwn: Measured;
    readonly controlOwnMedian: Measured;
    readonly controlOthers: Measured;
    readonly verdict: Verdict;
}

/** One cell of a set with its language names. */
export interface SetCell {
    readonly row: string;
    readonly column: string;
    readonly baseline: Measured;
    readonly value: Measured;
    readonly change: Measured;
    /** Change as a fraction of the baseline, or itself; see `MetricWords.relative`. */
    readonly effect: Measured;
    readonly control: Measured;
    readonly controlEffect: Measured;
    /** Too few right answers to tell the effect from chance; see `tooFewRight`. */
    readonly tooFew: boolean;
    /** The same of the control. */
    readonly controlTooFew: boolean;
    /** The difference from the control is not told from chance (`isTold`), or there are too few answers to tell. */
    readonly noise: boolean;
    /** The control's change is smaller than the 95 % margin of the difference, or there are too few answers to tell. */
    readonly controlNoise: boolean;
    /** Of the difference from the control, over all cells of the set; null where it is not known. */
    readonly q: Measured;
    /** 95 % interval of the change, as an effect; null where it is not known. */
    readonly interval: CellInterval;
    readonly samples: Measured;
    readonly neurons: Measured;
}

/** The sets a matrix holds, smallest neuron set first; sets without a cell are left out. */
export function setsOf(matrix: DeactivationMatrix): [name: string, set: DeactivationSet][] {
    const place = (name: string) => (setOrder.includes(name) ? setOrder.indexOf(name) : setOrder.length);
    return Object.entries(matrix.sets)
        .filter((entry): entry is [string, DeactivationSet] => entry[1] !== undefined)
        .filter(([, set]) => set.rows.length > 0 && set.columns.length > 0)
        .sort(([a], [b]) => place(a) - place(b));
}

/** The cells of a set, row by row. */
export function cellsOf(set: DeactivationSet, metric: string): SetCell[][] {
    const {
        relative,
        intervals: { tooFew: few },
    } = metricOf(metric);
    return set.rows.map((row, r) =>
        set.columns.map((column, c) => {
            const baseline = set.baseline[c] ?? null;
            const change = cellOf(set.change, r, c);
            const control = cellOf(set.control, r, c);
            const samples = cellOf(set.samples, r, c);
            const cannotTell = (difference: Measured): boolean =>
                few !== undefined &&
                baseline !== null &&
                samples !== null &&
                isComparable(difference) &&
                few.isTooFew({ baseline, change: difference, samples });
            const [tooFew, controlTooFew] = [cannotTell(change), cannotTell(control)];
            const beyond = beyondControlIn(set, r, c);
            const own = set.intervals.change[r]?.[c] ?? null;
            const effect = (value: Measured): Measured => effectOf(relative, value, baseline);
            const limits = own?.map(effect);
            return {
                row,
                column,
                baseline,
                value: cellOf(set.values, r, c),
                change,
                effect: effect(change),
                control,
                controlEffect: effect(control),
                tooFew,
                controlTooFew,
                noise: tooFew || isTold(beyond) === false,
                controlNoise: controlTooFew || isWithin(control, beyond.interval),
                q: beyond.q,
                interval: limits?.every(isFiniteNumber) === true ? [limits[0]!, limits[1]!] : null,
                samples,
                neurons: set.neurons[r] ?? null,
            };
        }),
    );
}

/** Whether a change is smaller than the margin of an interval. */
function isWithin(change: Measured, interval: CellInterval): boolean {
    return change !== null && interval !== null && Math.abs(change) <= (interval[1] - interval[0]) / 2;
}

/** Derives what the page says about one set of a matrix. */
export function setFacts(
    name: string,
    set: DeactivationSet,
    { metric, operation }: Pick<MeasuredIntervention, 'metric' | 'operation'>,
): SetFacts {
    const words = metricOf(metric);
    const { harm } = words;
    const meanOf = (cells: readonly SetCell[], of: (cell: SetCell) => Measured): Measured =>
        meanOfFinite(cells.map(of), words);
    // A language without neurons loses nothing: its row says nothing about the effect.
    const rows = cellsOf(set, metric).filter((row) => (row[0]?.neurons ?? 0) > 0 && row.some(isOwn));
    const measured = rows.filter((row) =>
        row.every((cell) => isComparable(cell.effect) && isComparable(cell.controlEffect)),
    );
    const compared = measured.filter((row) => row.every((cell) => !isOwn(cell) || !cell.tooFew));
    const own = rows.flat().filter(isOwn);
    const others = rows.flat().filter((cell) => !isOwn(cell));
    const isHit = (row: readonly SetCell[]): boolean => hurtsOwnMost(row, (cell) => harmOf(cell.effect, harm));
    const facts = {
        metric,
        operation,
        set: name,
        compared: compared.length,
        leftOut: set.rows.length - compared.length,
        empty: set.neurons.filter((neurons) => neurons === 0).length,
        tooFew: measured.length - compared.length,
        hits: compared.filter(isHit).length,
        exceptions: compared.filter((row) => !isHit(row)).map((row) => row[0]!.row),
        controlHits: compared.filter((row) => hurtsOwnMost(row, (cell) => harmOf(cell.controlEffect, harm))).length,
        expectedHits: compared.length / set.columns.length,
        own: meanOf(own, ({ effect }) => effect),
        ownMedian: median(own.map((cell) => cell.effect)),
        others: meanOf(others, ({ effect }) => effect),
        controlOwn: meanOf(own, ({ controlEffect }) => controlEffect),
        controlOwnMedian: median(own.map((cell) => cell.controlEffect)),
        controlOthers: meanOf(others, ({ controlEffect }) => controlEffect),
    };
    return { ...facts, verdict: judge(facts, 1 / set.columns.length) };
}

/** The facts of all sets of some matrices. */
export function factsOf(matrices: readonly DeactivationMatrix[]): SetFacts[] {
    return matrices.flatMap((matrix) => setsOf(matrix).map(([name, set]) => setFacts(name, set, matrix)));
}

function harmOf(effect: Measured, sign: 1 | -1): Measured {
    return effect === null ? null : sign * effect;
}

function isOwn(cell: SetCell): boolean {
    return cell.row === cell.column;
}

function hurtsOwnMost(row: readonly SetCell[], of: (cell: SetCell) => Measured): boolean {
    const own = row.filter(isOwn).map(of)[0] ?? 0;
    return own > 0 && row.every((cell) => isOwn(cell) || (of(cell) ?? 0) < own);
}

function judge(facts: Omit<SetFacts, 'verdict'>, chance: number): Verdict {
    if (facts.compared === 0) return facts.tooFew > 0 ? 'tooFew' : 'unmeasured';
    const { harm } = metricOf(facts.metric);
    const beyondControl = facts.own === null || facts.controlOwn === null || harm * facts.own > harm * facts.controlOwn;
    if (!beyondControl || facts.hits <= facts.expectedHits) return 'absent';
    return binomialTail(facts.hits, facts.compared, chance) < clearChance ? 'clear' : 'unclear';
}
