import type { TopLevelSpec } from 'vega-lite';
import type { CellInterval } from '../../experiments/results/DeactivationMatrix.js';
import { isTold } from '../../experiments/statistics/toldCell.js';
import { isFiniteNumber, type Measured } from '../facts/numbers.js';
import {
    classColors,
    colors,
    figureFrame,
    languageLabel,
    languageRows,
    type Layer,
    neuronsAxis,
    paddedDomain,
    plotWidth,
} from './theme.js';
import type { AnalysisChange } from '../../experiments/results/Comparison.js';
import { layersPanel, layerTitle } from './layersFigure.js';

/** Room for `text` at the end of a row. */
const textWidth = 110;

/** What became of a language. */
interface ChangedRow {
    readonly language: string;
    readonly change: Measured;
    /** 95 %, of the change; null where it is not known. */
    readonly interval: CellInterval;
    /** Whether the change is told from chance (`isTold`). Default: by its interval. */
    readonly told?: boolean | undefined;
    /** Before and after, at the end of the row. */
    readonly text: string;
}

interface ChangesOptions {
    /** Languages that are said to be trained, and stand first. */
    readonly trained: readonly string[];
    /** Of the axis. */
    readonly title: string;
    /** Changes are whole numbers. */
    readonly whole?: boolean;
}

/**
 * The change of each language with its interval, on an axis that holds all of them and 0. Grey: not told from chance.
 * Values before and after stand as text, because as points on an axis from 0 they would cover each other.
 */
export function changesFigure(
    rows: readonly ChangedRow[],
    { trained, title, whole = false }: ChangesOptions,
): TopLevelSpec {
    const isTrained = ({ language }: ChangedRow): boolean => trained.includes(language);
    const shown = [...rows.filter(isTrained), ...rows.filter((row) => !isTrained(row))]
        .filter(({ change }) => isFiniteNumber(change))
        .map((row) => {
            const [low, high] = row.interval ?? [null, null];
            const differs = row.told ?? isTold({ q: null, interval: row.interval }) ?? true;
            const language = `${languageLabel(row.language)}${isTrained(row) ? ' (trained)' : ''}`;
            return { ...row, language, low, high, color: differs ? classColors.specific : colors.unclassified };
        });
    const { y, height } = languageRows(shown.map(({ language }) => language));
    const scale = {
        domain: paddedDomain([0, ...shown.flatMap(({ change, low, high }) => [change, low, high])], 0.06),
        nice: false,
    };
    const axis = {
        title,
        tickCount: 6,
        format: whole ? '+,d' : '+~g',
        labelExpr: zeroPlain,
        ...(whole ? { tickMinStep: 1 } : {}),
    };
    const x = (field: string) => ({ field, type: 'quantitative' as const, scale, axis });
    const color = { field: 'color', type: 'nominal' as const, scale: null };
    const layers: Layer[] = [
        {
            data: { values: [{}] },
            mark: { type: 'rule', color: colors.muted },
            encoding: { x: { datum: 0, type: 'quantitative', scale }, y: { value: 0 }, y2: { value: 'height' } },
        },
        {
            transform: [{ filter: 'isValid(datum.low)' }],
            mark: { type: 'rule', strokeWidth: 2 },
            encoding: { y, x: x('low'), x2: { field: 'high' }, color },
        },
        { mark: { type: 'point', filled: true, opacity: 1, size: 80 }, encoding: { y, x: x('change'), color } },
        {
            mark: { type: 'text', align: 'left', dx: 10, fontSize: 12, color: colors.ink },
            encoding: { y, x: { value: 'width' }, text: { field: 'text', type: 'nominal' } },
        },
    ];
    return { ...figureFrame, width: plotWidth - textWidth, height, data: { values: shown }, layer: layers };
}

/** A zero has no sign. */
const zeroPlain = "datum.value === 0 ? '0' : datum.label";

/** The vertical axis of changes of a number of neurons. */
export const changedNumberAxis = { ...neuronsAxis, format: '+,d', labelExpr: zeroPlain, title: 'change' };

/** Panels with a change: one of zeros says nothing; where nothing changed, the first says so. */
export function changedPanels<T>(panels: readonly T[], changesOf: (panel: T) => readonly number[]): readonly T[] {
    const changed = panels.filter((panel) => changesOf(panel).some((change) => change !== 0));
    return changed.length > 0 ? changed : panels.slice(0, 1);
}

const zero: Layer = {
    data: { values: [{}] },
    mark: { type: 'rule', color: colors.muted },
    encoding: { x: { value: 0 }, x2: { value: 'width' }, y: { datum: 0 } },
};

/** Change of each layer's neurons (the paper's fig. 4), general ones on a scale of their own. */
export function layerChangesFigure({ layers }: AnalysisChange): TopLevelSpec {
    const panels = [
        { classes: ['specific', 'related'] as const, height: 170 },
        { classes: ['general'] as const, height: 120 },
    ];
    const shown = changedPanels(panels, ({ classes }) => layers.flatMap((layer) => classes.map((kind) => layer[kind])));
    return {
        ...figureFrame,
        vconcat: shown.map(({ classes, height }, i) =>
            layersPanel(layers, classes, {
                ...{ height, title: i === shown.length - 1 ? layerTitle : null },
                ...{ field: 'change', axis: changedNumberAxis, below: [zero], strokeWidth: 1.6 },
            }),
        ),
    };
}
