import { type ModelState, wholeModel } from '../interventions/ModelState.js';
import type { AnswerShare, AnswerShares, CellInterval, DeactivationSet, Grid } from './DeactivationMatrix.js';
import type { SetConditions } from './conditions.js';
import type { Cell, Estimate, Measurements, MetricFacts } from './Metric.js';
import { average, difference, drawResamples, estimate } from './resampling.js';

/** A condition's measurement in a language, and its estimate. */
export interface Measured {
    readonly cell: Cell;
    readonly estimate: Estimate;
}

/** Looks measurements up, each estimated once: sets share the whole model, and conditions that are equal. */
export function estimates(
    { kind, settings }: MetricFacts,
    measurements: Measurements,
): (condition: ModelState, language: string) => Measured {
    const known = new Map<string, Measured>();
    const draws = new Map<number, Uint16Array[]>();
    const fromMean = kind.fromMean(settings);
    return (condition, language) => {
        const name = `${condition.name}/${language}`;
        const found = known.get(name);
        if (found !== undefined) return found;
        const cell = measurements.cell(condition, language);
        const units = cell.numerators.length;
        if (!draws.has(units)) draws.set(units, kind.intervals.resamples ? drawResamples(units) : []);
        const made = { cell, estimate: estimate(cell, draws.get(units)!, fromMean) };
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
    const columns = languages.map((language) => {
        const measured = (condition: ModelState): Measured => measurementOf(condition, language);
        return { measured, base: measured(wholeModel) };
    });
    const grid = <T>(of: (row: number, column: (typeof columns)[number]) => T): Grid<T> =>
        languages.map((_, r) => columns.map((column) => of(r, column)));
    const changeOf = (condition: ModelState, { measured, base }: (typeof columns)[number]): Estimate =>
        difference(measured(condition).estimate, base.estimate);
    const controlOf = (r: number, column: (typeof columns)[number]): Estimate =>
        average(controls.map((row) => changeOf(row[r]!, column)));
    const beyondOf = (r: number, column: (typeof columns)[number]): Estimate =>
        difference(changeOf(own[r]!, column), controlOf(r, column));
    /** Of a condition's difference from others, on average over them. */
    const intervalFrom = (others: readonly Measured[], one: Measured, estimated: Estimate): CellInterval =>
        intervals.ofDifference(
            estimated,
            others.map(({ cell }) => [one.cell.numerators, cell.numerators]),
        );
    return {
        rows: languages,
        columns: languages,
        baseline: columns.map(({ base }) => base.estimate.value),
        values: grid((r, { measured }) => measured(own[r]!).estimate.value),
        change: grid((r, column) => changeOf(own[r]!, column).value),
        control: grid((r, column) => controlOf(r, column).value),
        controls: controls.map((row) => grid((r, column) => changeOf(row[r]!, column).value)),
        beyondControl: grid((r, column) => beyondOf(r, column).value),
        intervals: {
            baseline: columns.map(({ base }) => intervals.ofValue(base.estimate, base.cell)),
            values: grid((r, { measured }) => intervals.ofValue(measured(own[r]!).estimate, measured(own[r]!).cell)),
            change: grid((r, column) =>
                intervalFrom([column.base], column.measured(own[r]!), changeOf(own[r]!, column)),
            ),
            beyondControl: grid((r, column) => {
                const drawn = controls.map((row) => column.measured(row[r]!));
                return intervalFrom(drawn, column.measured(own[r]!), beyondOf(r, column));
            }),
        },
        samples: grid((r, { measured }) => measured(own[r]!).cell.samples),
        neurons: own.map(({ neurons }) => neurons.length),
        ...(columns.some(({ base }) => base.cell.answers !== undefined) ? { answers: answerShares() } : {}),
    };

    function answerShares(): AnswerShares {
        const share = (name: 'number' | 'language' | 'unknownLanguage' | 'cut'): AnswerShare => ({
            baseline: columns.map(({ base }) => base.cell.answers![name]),
            values: grid((r, { measured }) => measured(own[r]!).cell.answers![name]),
        });
        return {
            number: share('number'),
            language: share('language'),
            unknownLanguage: share('unknownLanguage'),
            cut: share('cut'),
        };
    }
}
