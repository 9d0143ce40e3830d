import type { TopLevelSpec } from 'vega-lite';
import { type NeuronAnalysis, type NeuronClass } from '../../neurons/analysis/NeuronAnalysis.js';
import { formatCompact, formatCount, formatDifference } from '../../support/format.js';
import {
    type Channel,
    classColors,
    classLabels,
    colors,
    extents,
    figureFrame,
    type Layer,
    namesChannel,
    neuronsAxis,
    ofClasses,
    paddedDomain,
    type Panel,
    plotWidth,
} from './theme.js';
import type { AnalysisChange } from '../../experiments/results/Comparison.js';
import { changedNumberAxis, changedPanels } from './changesFigure.js';

/** Above this many languages numbers over the bars would overlap. */
const numbersUpTo = 15;

const unclassified = 'in no class';

/**
 * Number of neurons by N, the number of languages in which they are high: the selected ones on a
 * linear scale, all of the model's on a logarithmic one (0 included: symlog).
 */
export function histogramFigure(analysis: NeuronAnalysis): TopLevelSpec {
    return {
        ...figureFrame,
        spacing: 22,
        vconcat: [
            panel(analysis, {
                histogram: analysis.histogram,
                title: 'Selected neurons',
                log: false,
                classOf: selectedClass,
            }),
            panel(analysis, {
                histogram: analysis.histogramAll,
                title: 'All neurons (logarithmic scale)',
                log: true,
                classOf: anyClass,
            }),
        ],
    };
}

/** Class of selected neurons with a given N among l languages. */
function selectedClass(n: number, l: number): NeuronClass | undefined {
    if (n === l) return 'general';
    if (n === 1) return 'specific';
    return n > 1 ? 'related' : undefined;
}

/** Being specific or related takes being selected; being general does not. */
function anyClass(n: number, l: number): NeuronClass | undefined {
    return n === l ? 'general' : undefined;
}

type PositionScale = NonNullable<Extract<Channel<'y'>, { scale?: unknown }>['scale']>;

interface PanelOptions {
    readonly histogram: readonly number[];
    readonly title: string;
    readonly log: boolean;
    readonly classOf: (n: number, l: number) => NeuronClass | undefined;
}

const classColor = namesChannel('class', { [unclassified]: colors.unclassified, ...ofClasses(classColors) }, {
    title: null,
    orient: 'top',
    // Four entries in full are wider than the plot.
    labelExpr: "replace(datum.label, 'language-', '')",
    symbolType: 'square',
    symbolSize: 110,
    columnPadding: 4,
} as const);

function panel(analysis: NeuronAnalysis, options: PanelOptions): Panel {
    const l = analysis.languages.length;
    const values = Array.from({ length: l + 1 }, (_, n) => {
        const count = options.histogram[n] ?? 0;
        const kind = options.classOf(n, l);
        return {
            n,
            count,
            class: kind === undefined ? unclassified : classLabels[kind],
            text: count < 1e4 ? formatCount(count) : formatCompact(count),
        };
    });
    const largest = Math.max(1, ...values.map(({ count }) => count));
    // Room for the numbers over the bars: a factor on either kind of scale.
    const scale: PositionScale = options.log
        ? { type: 'symlog', constant: 1, domain: [0, largest ** 1.12 + 1], nice: false }
        : { domain: [0, largest * 1.12], nice: false };
    const { title } = neuronsAxis;
    const powers = { values: powersOfTen(largest), labelExpr: "format(datum.value, '~s')" };
    const x = numberChannel(options.log);
    const y: Channel<'y'> = {
        field: 'count',
        type: 'quantitative',
        stack: null,
        scale,
        axis: options.log ? { title, ...extents, ...powers } : neuronsAxis,
    };
    const bars: Layer = { mark: 'bar', encoding: { x, y, color: classColor } };
    const numbers: Layer = {
        mark: { type: 'text', dy: -7, fontSize: 11.5, color: colors.ink, opacity: l > numbersUpTo ? 0 : 1 },
        encoding: { x, y, text: { field: 'text', type: 'nominal' } },
    };
    return { width: plotWidth, height: 140, title: options.title, data: { values }, layer: [bars, numbers] };
}

/** The horizontal axis of N, with its title where it is the last. */
function numberChannel(last: boolean) {
    return {
        field: 'n',
        type: 'ordinal',
        axis: { labelAngle: 0, labelOverlap: 'parity', title: last ? 'N: languages in which a neuron is high' : null },
        scale: { paddingInner: 0.22, paddingOuter: 0.2 },
    } as const;
}

/** 0, 1, 10, 100, … up to `largest`. */
function powersOfTen(largest: number): number[] {
    const powers = [0];
    for (let power = 1; power <= Math.max(1, largest); power *= 10) powers.push(power);
    return powers;
}

/** Change of the number of neurons with N = 1..l (the paper's fig. 5): of all neurons, and of the selected. */
export function histogramChangesFigure({ histogram, histogramAll }: AnalysisChange): TopLevelSpec {
    const panels = [
        { changes: histogramAll, title: 'All neurons' },
        { changes: histogram, title: 'Selected neurons' },
    ];
    const shown = changedPanels(panels, ({ changes }) => changes.slice(1));
    return {
        ...figureFrame,
        spacing: 20,
        vconcat: shown.map(({ changes, title }, i) => changeBars(changes, title, i === shown.length - 1)),
    };
}

function changeBars(changes: readonly number[], title: string, last: boolean): Panel {
    const values = changes.slice(1).map((change, index) => ({
        n: index + 1,
        change,
        text: formatDifference(change),
    }));
    const x = numberChannel(last);
    const y: Channel<'y'> = {
        field: 'change',
        type: 'quantitative',
        stack: null,
        // Room for the numbers above and below the bars.
        scale: { domain: paddedDomain([0, ...values.map(({ change }) => change)], 0.16), nice: false },
        axis: changedNumberAxis,
    };
    const text = (rises: boolean): Layer => ({
        transform: [{ filter: rises ? 'datum.change >= 0' : 'datum.change < 0' }],
        mark: {
            type: 'text',
            dy: rises ? -7 : 8,
            fontSize: 11.5,
            color: colors.ink,
            opacity: values.length > numbersUpTo ? 0 : 1,
        },
        encoding: { x, y, text: { field: 'text', type: 'nominal' } },
    });
    return {
        width: plotWidth,
        height: 130,
        title,
        data: { values },
        layer: [{ mark: { type: 'bar', color: colors.muted }, encoding: { x, y } }, text(true), text(false)],
    };
}
