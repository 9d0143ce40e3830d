import type { Config, TopLevelSpec } from 'vega-lite';
import { type NeuronClass, neuronClasses } from '../../neurons/analysis/NeuronAnalysis.js';
import { isFiniteNumber, type Measured } from '../facts/numbers.js';
import { nativeName } from '../../languages/nativeName.js';

/** Above this many languages rows are narrower. */
const wideUpTo = 20;

/** Fonts every system has; nothing is downloaded or embedded. */
export const fontFamily = "system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', Arial, sans-serif";

/** Colours of the figures. The page's style sheet swaps some of them in dark mode, by these values. */
export const colors = {
    ink: '#24292f',
    muted: '#57606a',
    grid: '#e3e6ea',
    background: '#ffffff',
    unclassified: '#a5adb8',
    missing: '#cfcfcf',
    /** Cells that cannot be told from chance. */
    noise: '#ecedef',
    band: '#f0f1f4',
    // On the coloured cells of a heatmap.
    cellDark: '#101010',
    cellLight: '#fefefe',
    outline: '#000001',
    cellGap: '#fffffe',
} as const;

/** Class colours, told apart by hue, by lightness (for grey prints) and by colour-blind readers. */
export const classColors: Readonly<Record<NeuronClass, string>> = {
    specific: '#d55e00',
    related: '#0b4f8a',
    general: '#2e9e6b',
};

/** Names of the classes as the paper writes them. */
export const classLabels: Readonly<Record<NeuronClass, string>> = {
    specific: 'language-specific',
    related: 'language-related',
    general: 'general',
};

/** Shapes of points, for readers who do not see the colours. */
const classShapes: Readonly<Record<NeuronClass, string>> = {
    specific: 'circle',
    related: 'square',
    general: 'triangle-up',
};

/** Width of a plot that is read in a column of 85 mm: drawn at about 520 px, printed at 320 px. */
export const plotWidth = 430;

/** Room for the labels of a vertical axis, the same in panels that stand above each other. */
const yExtent = 54;

/** An axis of that room. */
export const extents = { minExtent: yExtent, maxExtent: yExtent };

/** A vertical axis of numbers of neurons. */
export const neuronsAxis = {
    tickMinStep: 1,
    tickCount: 5,
    format: ',d',
    title: 'neurons',
    ...extents,
};

/** Settings common to all figures. */
const figureConfig: Config = {
    font: fontFamily,
    // The page labels whole figures; a label on every mark would only make the file larger.
    aria: false,
    view: { stroke: null },
    concat: { spacing: 14 },
    axis: {
        labelFontSize: 12.5,
        titleFontSize: 13,
        titleFontWeight: 'normal',
        labelColor: colors.ink,
        titleColor: colors.ink,
        domainColor: colors.muted,
        tickColor: colors.muted,
        gridColor: colors.grid,
        titlePadding: 8,
    },
    legend: {
        labelFontSize: 13,
        titleFontSize: 13,
        titleFontWeight: 'normal',
        labelColor: colors.ink,
        titleColor: colors.ink,
        labelLimit: 300,
    },
    title: { fontSize: 13.5, fontWeight: 600, color: colors.ink, anchor: 'start', frame: 'group', offset: 10 },
};

/** The background, margins and settings of every figure. */
export const figureFrame = {
    background: colors.background,
    padding: { left: 6, right: 16, top: 8, bottom: 6 },
    config: figureConfig,
} as const;

/** A channel in which each name has its look, a colour or a shape. */
export function namesChannel<Legend>(field: string, looks: Readonly<Record<string, string>>, legend: Legend) {
    return {
        field,
        type: 'nominal' as const,
        scale: { domain: Object.keys(looks), range: Object.values(looks) },
        legend,
    };
}

/** The looks of classes by their labels. */
export function ofClasses(
    looks: Readonly<Record<NeuronClass, string>>,
    classes: readonly NeuronClass[] = neuronClasses,
): Readonly<Record<string, string>> {
    return Object.fromEntries(classes.map((kind) => [classLabels[kind], looks[kind]]));
}

const classLegend = { title: null, orient: 'top', symbolSize: 90, columnPadding: 0 } as const;

/** The channels of lines and points of classes: colours and shapes, with one legend. */
export const classChannels = {
    color: namesChannel('class', ofClasses(classColors), classLegend),
    shape: namesChannel('class', ofClasses(classShapes), classLegend),
};

/** Points of classes, of an area that leaves the lines visible between `number` neighbours. */
export function classPoints(number: number): Layer {
    const size = number > 48 ? 12 : number > 24 ? 34 : 54;
    return { mark: { type: 'point', filled: true, opacity: 1, size }, encoding: classChannels };
}

/** Whole numbers from `first` to `last` in steps of 1, 2, 5, 10, …, at most `limit` of them. */
export function wholeTicks(first: number, last: number, limit: number): number[] {
    const steps = [1, 2, 5, 10, 20, 25, 50, 100, 200, 500, 1000];
    const step = steps.find((candidate) => (last - first) / candidate < limit) ?? Math.ceil((last - first + 1) / limit);
    const ticks: number[] = [];
    for (let tick = Math.ceil(first / step) * step; tick <= last; tick += step) ticks.push(tick);
    return ticks;
}

/** A name as a label: on one line, without characters XML forbids. */
export function labelText(name: string): string {
    // eslint-disable-next-line no-control-regex
    return name.replace(/[\u0000-\u001f\u007f\ufffe\uffff]+|\p{Surrogate}/gu, ' ');
}

type Legend = { readonly orient: 'top' | 'bottom'; readonly columns?: number };

/** The channel of the field `series` that shows one property of each series, `color` or `shape`; by name. */
export function seriesChannel<K extends string>(
    series: Readonly<Record<string, Readonly<Record<K, string>>>>,
    property: K,
    legend: Legend,
) {
    const looks = Object.fromEntries(Object.entries(series).map(([name, one]) => [name, one[property]]));
    return namesChannel('series', looks, { title: null, symbolSize: 90, symbolOpacity: 1, labelLimit: 0, ...legend });
}

/** From the least to the greatest value, a share of their distance wider on each side. */
export function paddedDomain(values: readonly Measured[], share: number): [number, number] {
    const known = values.filter(isFiniteNumber);
    const [least, most] = [Math.min(...known), Math.max(...known)];
    const margin = share * (most - least) || 1;
    return [least - margin, most + margin];
}

/** A language on an axis: its code and its own name, `zh 中文`. */
export function languageLabel(language: string): string {
    const name = nativeName(language);
    return labelText(name === undefined || name === language ? language : `${language} ${name}`);
}

/** A row of a figure for each label of a language, from the top: its axis, and its height. */
export function languageRows(order: readonly string[], { grid = true } = {}) {
    return {
        y: {
            field: 'language',
            type: 'nominal' as const,
            sort: null,
            scale: { domain: [...order], paddingInner: 0.25 },
            axis: { title: null, domain: false, ticks: false, grid, labelPadding: 8, labelLimit: 230 },
        },
        height: { step: order.length > wideUpTo ? 19 : 25 },
    };
}

// Vega-Lite exports the type of whole specifications only; these are its parts.

type LayeredSpec = Extract<TopLevelSpec, { layer: unknown }>;

/** A plot of layers, as it stands in a concatenation. */
export type Panel = Omit<
    LayeredSpec,
    '$schema' | 'config' | 'padding' | 'background' | 'autosize' | 'params' | 'usermeta' | 'datasets'
>;

/** One layer of a panel: a mark and its encoding. */
export type Layer = Panel['layer'][number];

type Encoding = NonNullable<Panel['encoding']>;

/** What one channel of an encoding shows. */
export type Channel<Name extends keyof Encoding> = NonNullable<Encoding[Name]>;
