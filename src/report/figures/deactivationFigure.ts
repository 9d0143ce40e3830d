import type { TopLevelSpec } from 'vega-lite';
import type { DeactivationSet } from '../../experiments/DeactivationMatrix.js';
import { formatPercentPoints } from '../format.js';
import { cellsOf, type SetCell } from '../matrixFacts.js';
import type { Measured } from '../numbers.js';
import { LIGHT_TEXT_ABOVE, STOPS, divergingScale, type DivergingScale } from './divergingScale.js';
import type { Channel, Panel } from './specTypes.js';
import { COLORS, CONFIG, labelText } from './theme.js';

/** More languages than this do not fit beside each other: the control goes below. */
const BESIDE_UP_TO = 14;

/** Few languages get large cells, so that a panel is no smaller than the titles on its sides. */
const LEAST_SIDE = 210;

/**
 * Perplexity change in percent of the baseline when a language's neurons are removed (rows), in each
 * language (columns), and the random control, on one colour scale (the paper's figs. 2 and 6-13).
 */
export function deactivationFigure(name: string, set: DeactivationSet): TopLevelSpec {
    const cells = cellsOf(set).flat();
    const scale = divergingScale(cells.flatMap(cell => [percent(cell.relative), percent(cell.controlRelative)]));
    const beside = set.columns.length <= BESIDE_UP_TO;
    const panels = [
        panel(set, scale, { title: `Own ${name.replaceAll('+', ' + ')} neurons`, of: cell => cell.relative, rowTitle: true }),
        panel(set, scale, { title: 'Control: random neurons', of: cell => cell.controlRelative, rowTitle: !beside }),
    ];
    const common = {
        background: COLORS.background,
        padding: { left: 6, right: 12, top: 8, bottom: 6 },
        config: CONFIG,
        spacing: 26,
    } as const;
    return beside ? { ...common, hconcat: panels } : { ...common, vconcat: panels };
}

interface PanelOptions {
    readonly title: string;
    readonly of: (cell: SetCell) => Measured;
    readonly rowTitle: boolean;
}

function panel(set: DeactivationSet, scale: DivergingScale, options: PanelOptions): Panel {
    const columns = set.columns.map(labelText);
    const rows = set.rows.map(labelText);
    const values = cellsOf(set).flat().map(cell => {
        const value = percent(options.of(cell));
        const position = scale.position(value);
        return {
            row: labelText(cell.row),
            column: labelText(cell.column),
            position,
            text: formatPercentPoints(value),
            own: cell.row === cell.column,
            light: position !== null && position > LIGHT_TEXT_ABOVE,
        };
    });
    const step = columns.length > BESIDE_UP_TO ? 34 : Math.max(42, Math.ceil(LEAST_SIDE / columns.length));
    const longest = Math.max(...columns.map(column => column.length));
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
        axis: { title: options.rowTitle ? 'deactivated language' : null, domain: false, ticks: false, labelPadding: 6, labelLimit: 110 },
    };
    return {
        title: options.title,
        width: { step },
        height: { step: Math.max(28, Math.ceil(LEAST_SIDE / rows.length)) },
        data: { values },
        encoding: { x, y },
        layer: [
            { mark: { type: 'rect', color: COLORS.missing, stroke: COLORS.cellGap, strokeWidth: 1 } },
            {
                transform: [{ filter: 'datum.position !== null' }],
                mark: { type: 'rect', stroke: COLORS.cellGap, strokeWidth: 1 },
                encoding: { color: colorOf(scale) },
            },
            {
                transform: [{ filter: 'datum.own' }],
                mark: { type: 'rect', filled: false, stroke: COLORS.outline, strokeWidth: 2 },
            },
            {
                mark: { type: 'text', fontSize: columns.length > BESIDE_UP_TO ? 11 : 12.5 },
                encoding: {
                    text: { field: 'text', type: 'nominal' },
                    color: { condition: { test: 'datum.light', value: COLORS.cellLight }, value: COLORS.cellDark },
                },
            },
        ],
    };
}

function colorOf(scale: DivergingScale): Channel<'color'> {
    return {
        field: 'position',
        type: 'quantitative',
        scale: { domain: STOPS.map(([position]) => position), range: STOPS.map(([, color]) => color), clamp: true, interpolate: 'rgb' },
        legend: {
            title: 'change of perplexity in % of the baseline',
            orient: 'bottom',
            direction: 'horizontal',
            gradientLength: 360,
            gradientThickness: 12,
            titleLimit: 600,
            values: scale.ticks.map(tick => tick.position),
            // The scale runs over positions; its labels are the percentages that belong to them.
            labelExpr: scale.ticks.reduceRight(
                (rest, tick) => `abs(datum.value - ${tick.position}) < 1e-9 ? '${tick.label}' : ${rest}`,
                "''",
            ),
        },
    };
}

function percent(fraction: Measured): Measured {
    return fraction === null ? null : fraction * 100;
}
