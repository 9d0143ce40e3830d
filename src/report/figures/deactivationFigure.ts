import { isDeactivation } from '../../interventions/Operation.js';
import type { TopLevelSpec } from 'vega-lite';
import type { DeactivationMatrix, DeactivationSet } from '../../experiments/DeactivationMatrix.js';
import { leastSignTestP } from '../../experiments/tooFewRight.js';
import { formatCount, formatNumber, formatPercentPoints, formatQuantity } from '../../support/format.js';
import { cellsOf, type SetCell, setsOf } from '../matrixFacts.js';
import type { MetricWords } from '../../experiments/Metric.js';
import { metricOf } from '../../experiments/metrics.js';
import type { Measured } from '../numbers.js';
import { lightTextAbove, colorStops, divergingScale, type DivergingScale } from './divergingScale.js';
import type { Channel, Panel } from './specTypes.js';
import { colors, figureConfig, labelText } from './theme.js';

/** More languages than this do not fit beside each other: the control goes below. */
const besideUpTo = 14;

/** Few languages get large cells, so that a panel is no smaller than the titles on its sides. */
const leastSide = 210;

/** One colour scale for all sets of a matrix and their controls, so that their figures can be compared. */
export function commonScale(matrix: DeactivationMatrix): DivergingScale {
    const cells = setsOf(matrix).flatMap(([, set]) => cellsOf(set, matrix.metric).flat());
    return divergingScale(cells.flatMap((cell) => [own, control].map((side) => coloured(side(cell)))));
}

/** What a panel shows of a cell. */
interface Shown {
    readonly effect: Measured;
    /** Not to be told from chance: grey. */
    readonly tooFew: boolean;
    readonly bold: boolean;
}

function own({ effect, tooFew, real }: SetCell): Shown {
    return { effect, tooFew, bold: real };
}

function control({ controlEffect, controlTooFew }: SetCell): Shown {
    return { effect: controlEffect, tooFew: controlTooFew, bold: false };
}

/** The percentage that a cell's colour stands for; null where it is grey. */
function coloured({ effect, tooFew }: Shown): Measured {
    return tooFew ? null : percent(effect);
}

/**
 * Change of the metric when a language's neurons are removed, or changed otherwise (rows), in each language (columns),
 * and the random control (the paper's figs. 2 and 6-13). Red is harm.
 */
export function deactivationFigure(
    name: string,
    set: DeactivationSet,
    { metric, operation }: Pick<DeactivationMatrix, 'metric' | 'operation'>,
    scale: DivergingScale,
): TopLevelSpec {
    const words = metricOf(metric);
    const rows = isDeactivation(operation) ? 'deactivated language' : 'changed language';
    const cells = cellsOf(set, metric).flat();
    const grey = cells.some((cell) => cell.tooFew || cell.controlTooFew);
    const legend = [
        `change of ${words.noun} in ${words.unit}`,
        ...(grey ? ['grey: too few right answers to tell'] : []),
    ];
    const common = { cells, words, scale, legend };
    const beside = set.columns.length <= besideUpTo;
    const panels = [
        panel(set, { ...common, title: `Own ${name.replaceAll('+', ' + ')} neurons`, side: own, rowTitle: rows }),
        panel(set, { ...common, title: 'Control: random neurons', side: control, rowTitle: beside ? null : rows }),
    ];
    const frame = {
        background: colors.background,
        padding: { left: 6, right: 12, top: 8, bottom: 6 },
        config: figureConfig,
        spacing: 26,
    } as const;
    return beside ? { ...frame, hconcat: panels } : { ...frame, vconcat: panels };
}

interface PanelOptions {
    /** Row by row. */
    readonly cells: readonly SetCell[];
    readonly words: MetricWords;
    readonly scale: DivergingScale;
    /** Title of the colour scale, line by line. */
    readonly legend: readonly string[];
    readonly title: string;
    readonly side: (cell: SetCell) => Shown;
    readonly rowTitle: string | null;
}

function panel(set: DeactivationSet, options: PanelOptions): Panel {
    const { words, scale } = options;
    const columns = set.columns.map(labelText);
    const rows = set.rows.map(labelText);
    const values = options.cells.map((cell) => {
        const shown = options.side(cell);
        const place = scale.position(coloured(shown));
        const position = place === null ? null : words.harm * place;
        return {
            row: labelText(cell.row),
            column: labelText(cell.column),
            position,
            text: formatPercentPoints(percent(shown.effect)),
            own: cell.row === cell.column,
            weight: shown.bold ? 'bold' : 'normal',
            light: position !== null && position > lightTextAbove,
            hover: shown.tooFew ? tooFewWords(cell) : null,
        };
    });
    const step = columns.length > besideUpTo ? 34 : Math.max(42, Math.ceil(leastSide / columns.length));
    const longest = Math.max(...columns.map((column) => column.length));
    const x: Channel<'x'> = {
        field: 'column',
        type: 'nominal',
        scale: { domain: columns },
        axis: {
            title: 'evaluated language',
            // About 7 px a character: names wider than their cell stand aslant.
            labelAngle: longest * 7 > step ? -45 : 0,
            domain: false,
            ticks: false,
            labelPadding: 6,
            labelLimit: 110,
        },
    };
    const y: Channel<'y'> = {
        field: 'row',
        type: 'nominal',
        scale: { domain: rows },
        axis: {
            title: options.rowTitle,
            domain: false,
            ticks: false,
            labelPadding: 6,
            labelLimit: 110,
        },
    };
    return {
        title: options.title,
        width: { step },
        height: { step: Math.max(28, Math.ceil(leastSide / rows.length)) },
        data: { values },
        encoding: { x, y },
        layer: [
            { mark: { type: 'rect', color: colors.missing, stroke: colors.cellGap, strokeWidth: 1 } },
            {
                transform: [{ filter: 'datum.position !== null' }],
                mark: { type: 'rect', stroke: colors.cellGap, strokeWidth: 1 },
                encoding: { color: colorOf(options) },
            },
            {
                transform: [{ filter: 'datum.own' }],
                mark: { type: 'rect', filled: false, stroke: colors.outline, strokeWidth: 2 },
            },
            {
                mark: {
                    type: 'text',
                    fontSize: columns.length > besideUpTo ? 11 : 12.5,
                    fontWeight: { expr: 'datum.weight' },
                },
                encoding: {
                    text: { field: 'text', type: 'nominal' },
                    color: { condition: { test: 'datum.light', value: colors.cellLight }, value: colors.cellDark },
                },
            },
            {
                transform: [{ filter: 'datum.hover !== null' }],
                // On top of the number, and filled, so that the whole cell can be pointed at.
                mark: { type: 'rect', color: colors.missing, opacity: 0, aria: true },
                encoding: { description: { field: 'hover', type: 'nominal' } },
            },
        ],
    };
}

/** Why a cell is grey. */
function tooFewWords({ baseline, samples }: SetCell): string {
    const right = Math.round((baseline ?? 0) * (samples ?? 0));
    return (
        `The whole model answers ${formatCount(right)} of ${formatQuantity(samples ?? 0, 'question')} rightly: ` +
        `even a fall to 0 would not differ from chance (p = ${formatNumber(leastSignTestP(right))}).`
    );
}

function colorOf({ scale, legend, words: { harm } }: PanelOptions): Channel<'color'> {
    return {
        field: 'position',
        type: 'quantitative',
        scale: {
            domain: colorStops.map(([position]) => position),
            range: colorStops.map(([, color]) => color),
            clamp: true,
            interpolate: 'rgb',
        },
        legend: {
            title: [...legend],
            orient: 'bottom',
            direction: 'horizontal',
            gradientLength: 360,
            gradientThickness: 12,
            titleLimit: 600,
            values: scale.ticks.map((tick) => harm * tick.position),
            // The scale runs over positions; its labels are the percentages that belong to them.
            labelExpr: scale.ticks.reduceRight(
                (rest, tick) => `abs(datum.value - ${harm * tick.position}) < 1e-9 ? '${tick.label}' : ${rest}`,
                "''",
            ),
        },
    };
}

function percent(fraction: Measured): Measured {
    return fraction === null ? null : fraction * 100;
}
