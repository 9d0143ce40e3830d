import { type ModelState, wholeModel } from '../../interventions/ModelState.js';
import type { CellInterval, CellTests, DeactivationSet, Grid } from '../results/DeactivationMatrix.js';
import { benjaminiHochberg } from '../../support/statistics.js';
import type { VerdictPair } from '../statistics/accuracyDifference.js';
import type { SetConditions } from '../conditions/conditions.js';
import type { Cell, Estimate, Sides } from '../statistics/estimates.js';
import type { Measurements, MetricFacts } from '../metric/Metric.js';
import { estimatorOf } from '../metric/estimatorOf.js';
import { average, difference, effectiveUnits } from '../statistics/resampling.js';

/** A condition's measurement in a language, and its estimate. */
export interface Measured {
    readonly cell: Cell;
    readonly estimate: Estimate;
}

/** Looks measurements up and estimates each once: sets share the whole model and equal conditions. */
export function estimates(
    metric: MetricFacts,
    measurements: Measurements,
): (condition: ModelState, language: string) => Measured {
    const known = new Map<string, Measured>();
    const estimate = estimatorOf(metric);
    return (condition, language) => {
        const name = `${condition.name}/${language}`;
        const found = known.get(name);
        if (found !== undefined) return found;
        const cell = measurements.cell(condition, language);
        const made = { cell, estimate: estimate(cell) };
        known.set(name, made);
        return made;
    };
}

/** One matrix from the measurements of its conditions; languages are rows and columns. */
export function buildSet(
    { kind: { intervals }, languages }: MetricFacts,
    { own, controls }: SetConditions,
    measurementOf: ReturnType<typeof estimates>,
): DeactivationSet {
    const columns = languages.map((language): Column => {
        const measured = (condition: ModelState): Measured => measurementOf(condition, language);
        return { measured, base: measured(wholeModel) };
    });
    const grid = <T>(of: (row: number, column: Column, c: number) => T): Grid<T> =>
        languages.map((_, r) => columns.map((column, c) => of(r, column, c)));
    const changeOf = (condition: ModelState, { measured, base }: Column): Estimate =>
        difference(measured(condition).estimate, base.estimate);
    // made once each: resampling takes a while
    const changed = grid((r, column) => changeOf(own[r]!, column));
    const control = grid((r, column) => average(controls.map((row) => changeOf(row[r]!, column))));
    const beyond = grid((r, _, c) => difference(changed[r]![c]!, control[r]![c]!));
    const valuesOf = (estimated: Grid<Estimate>): Grid => estimated.map((row) => row.map(({ value }) => value));
    const toBase: Against = (_, { base }) => [base];
    const toControls: Against = (r, { measured }) => controls.map((row) => measured(row[r]!));
    const intervalsOf = (estimated: Grid<Estimate>, othersOf: Against): Grid<CellInterval> =>
        grid((r, column, c) =>
            intervals.ofDifference(estimated[r]![c]!, pairsOf(othersOf(r, column), column.measured(own[r]!))),
        );
    const toldFrom = (othersOf: Against, of: (sides: Sides, pairs: readonly VerdictPair[]) => number | null) =>
        grid((r, column) => toldOf(own[r]!, othersOf(r, column), column, of));
    const first = columns.map(({ measured }) => measured(own[0] ?? wholeModel).cell);
    return {
        rows: languages,
        columns: languages,
        baseline: columns.map(({ base }) => base.estimate.value),
        values: grid((r, { measured }) => measured(own[r]!).estimate.value),
        change: valuesOf(changed),
        control: valuesOf(control),
        controls: controls.map((row) =>
            grid((r, { measured, base }) => measured(row[r]!).estimate.value - base.estimate.value),
        ),
        beyondControl: valuesOf(beyond),
        intervals: {
            baseline: columns.map(({ base }) => intervals.ofValue(base.estimate, base.cell)),
            values: grid((r, { measured }) => intervals.ofValue(measured(own[r]!).estimate, measured(own[r]!).cell)),
            change: intervalsOf(changed, toBase),
            beyondControl: intervalsOf(beyond, toControls),
        },
        tests: {
            change: testsOf(toldFrom(toBase, intervals.pOfDifference)),
            beyondControl: testsOf(toldFrom(toControls, intervals.pOfDifference)),
        },
        spread: {
            deviation: toldFrom(toControls, intervals.power.deviation),
            units: first.map(({ numerators }) => numerators.length),
            effective: first.map(({ weights }) => effectiveUnits(weights)),
        },
        samples: grid((r, { measured }) => measured(own[r]!).cell.samples),
        neurons: own.map(({ neurons }) => neurons.length),
        ...answersOf(own, columns),
    };
}

/** What a row's condition is compared with in a language: the whole model, or its controls. */
type Against = (row: number, column: Column) => readonly Measured[];

/** What tells a condition from others; of no neurons nothing was changed, and so nothing is tested. */
function toldOf(
    condition: ModelState,
    others: readonly Measured[],
    { measured }: Column,
    of: (sides: Sides, pairs: readonly VerdictPair[]) => number | null,
): number | null {
    if (condition.neurons.length === 0) return null;
    const one = measured(condition);
    const before = average(others.map(({ estimate }) => estimate));
    return of({ after: one.estimate, before }, pairsOf(others, one));
}

function pairsOf(others: readonly Measured[], { cell: { numerators } }: Measured): VerdictPair[] {
    return others.map(({ cell }) => [numerators, cell.numerators]);
}

/** With Benjamini and Hochberg's q over all cells that have a p. */
function testsOf(p: Grid<number | null>): CellTests {
    const qs = benjaminiHochberg(p.flat().map((one) => one ?? Number.NaN));
    let place = 0;
    return { p, q: p.map((row) => row.map((one) => (one === null ? (place++, null) : qs[place++]!))) };
}

/** A language, with the whole model's measurement in it. */
interface Column {
    readonly measured: (condition: ModelState) => Measured;
    readonly base: Measured;
}

/** The shares beside a metric, and the languages of answers, where the cells have them. */
function answersOf(
    own: readonly ModelState[],
    columns: readonly Column[],
): Pick<DeactivationSet, 'shares' | 'instead'> {
    const first = columns[0]?.base.cell;
    const of = <T>(pick: (cell: Cell) => T): { baseline: T[]; values: T[][] } => ({
        baseline: columns.map(({ base }) => pick(base.cell)),
        values: own.map((condition) => columns.map(({ measured }) => pick(measured(condition).cell))),
    });
    const shares = Object.keys(first?.shares ?? {}).map((name) => [name, of((cell) => cell.shares![name]!)] as const);
    return {
        ...(first?.shares === undefined ? {} : { shares: Object.fromEntries(shares) }),
        ...(first?.instead === undefined ? {} : { instead: of(({ instead }) => instead!) }),
    };
}
