import type { ComponentChild } from 'preact';
import { useMemo } from 'preact/hooks';
import type uPlot from 'uplot';
import { formatCount } from '../../../support/format.js';
import type { ClassCounts } from '../../resultsFormat.js';
import { DataTable } from './DataTable.js';
import { axisColors, Plot, type PlotSpec } from './Plot.js';

const kinds = ['specific', 'related', 'general'] as const;
/** Lines are told apart without colour too. */
const dashes = { specific: [], related: [6, 3], general: [2, 3] };

interface LayerCurvesProps {
    readonly layers: readonly ClassCounts[];
    /** What the table is called. */
    readonly name: string;
    /** First and last layers; every other one is shaded. */
    readonly stages?: readonly (readonly [first: number, last: number])[];
    /** Upper end of the vertical axis. Default: what the layers need. */
    readonly most?: number;
}

/** Neurons of each class by layer. */
export function LayerCurves({ layers, name, stages = [], most }: LayerCurvesProps): ComponentChild {
    const spec = useMemo(() => specOf(layers, stages, most), [layers, stages, most]);
    return (
        <>
            <Plot spec={spec} />
            <details>
                <summary>As a table</summary>
                <DataTable
                    name={name}
                    columns={['layer', ...kinds]}
                    rows={layers.map((layer, i) => [i, ...kinds.map((kind) => formatCount(layer[kind]))])}
                />
            </details>
        </>
    );
}

function specOf(
    layers: readonly ClassCounts[],
    stages: readonly (readonly [number, number])[],
    most: number | undefined,
): PlotSpec {
    return {
        height: 280,
        data: [layers.map((_, layer) => layer), ...kinds.map((kind) => layers.map((layer) => layer[kind]))],
        options: (color) => ({
            scales: {
                x: { time: false, range: [-0.5, layers.length - 0.5] },
                y: { range: (_, __, highest) => [0, most ?? Math.max(1, highest * 1.05)] },
            },
            axes: [
                { ...axisColors(color), label: 'layer', incrs: [1, 2, 5, 10, 20, 50], grid: { show: false } },
                { ...axisColors(color), label: 'neurons', size: 60 },
            ],
            series: [
                { label: 'layer', value: shown },
                ...kinds.map((kind) => ({
                    label: kind,
                    value: shown,
                    stroke: color(kind),
                    width: 2,
                    dash: dashes[kind],
                    points: { show: layers.length < 80, size: 5, fill: color(kind) },
                })),
            ],
            hooks: { drawClear: [(plot) => shade(plot, stages, color('band'), color('muted'))] },
        }),
    };
}

/** A value in the legend; nothing where no layer is pointed at. */
function shown(_: uPlot, value: number | null): string {
    return value === null ? '' : formatCount(value);
}

/** Bands behind every other stage, and the stages' numbers at the top. */
function shade(plot: uPlot, stages: readonly (readonly [number, number])[], band: string, ink: string): void {
    const { ctx, bbox } = plot;
    ctx.save();
    for (const [i, [first, last]] of stages.entries()) {
        const [from, to] = [plot.valToPos(first - 0.5, 'x', true), plot.valToPos(last + 0.5, 'x', true)];
        ctx.fillStyle = band;
        if (i % 2 === 0) ctx.fillRect(from, bbox.top, to - from, bbox.height);
        ctx.fillStyle = ink;
        ctx.font = `${12 * devicePixelRatio}px system-ui, sans-serif`;
        ctx.textAlign = 'center';
        ctx.textBaseline = 'top';
        ctx.fillText(String(i + 1), (from + to) / 2, bbox.top + 2 * devicePixelRatio);
    }
    ctx.restore();
}
