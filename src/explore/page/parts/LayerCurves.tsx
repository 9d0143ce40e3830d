import type { ComponentChild } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import uPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';
import type { SiteLayer } from '../../siteFormat.js';

const kinds = ['specific', 'related', 'general'] as const;
/** Lines are told apart without colour too. */
const dashes = { specific: [], related: [6, 3], general: [2, 3] };

/** Neurons of each class by layer. */
export function LayerCurves({ layers }: { layers: readonly SiteLayer[] }): ComponentChild {
    const box = useRef<HTMLDivElement>(null);
    useEffect(() => {
        const element = box.current!;
        let plot: uPlot | undefined;
        const draw = (): void => {
            plot?.destroy();
            const style = getComputedStyle(element);
            const color = (name: string): string => style.getPropertyValue(`--${name}`);
            const axis = { stroke: color('ink'), grid: { stroke: color('line') }, ticks: { stroke: color('line') } };
            plot = new uPlot(
                {
                    width: element.clientWidth,
                    height: 260,
                    scales: { x: { time: false }, y: { range: (_, __, most) => [0, Math.max(1, most * 1.05)] } },
                    axes: [
                        { ...axis, label: 'layer', incrs: [1, 2, 5, 10, 20, 50] },
                        { ...axis, label: 'neurons', size: 60 },
                    ],
                    series: [
                        { label: 'layer' },
                        ...kinds.map((kind) => ({
                            label: kind,
                            stroke: color(kind),
                            width: 2,
                            dash: dashes[kind],
                            points: { show: layers.length < 80, size: 5, fill: color(kind) },
                        })),
                    ],
                },
                [layers.map((_, layer) => layer), ...kinds.map((kind) => layers.map((layer) => layer[kind]))],
                element,
            );
        };
        draw();
        const observer = new ResizeObserver(() => plot?.setSize({ width: element.clientWidth, height: 260 }));
        observer.observe(element);
        const scheme = matchMedia('(prefers-color-scheme: dark)');
        scheme.addEventListener('change', draw);
        return () => {
            observer.disconnect();
            scheme.removeEventListener('change', draw);
            plot?.destroy();
        };
    }, [layers]);
    return (
        <>
            <div ref={box} class="plot" aria-hidden="true" />
            <details>
                <summary>As a table</summary>
                <div class="scroll" tabIndex={0} role="region" aria-label="Neurons of each layer by class">
                    <table>
                        <thead>
                            <tr>
                                <th scope="col">layer</th>
                                {kinds.map((kind) => (
                                    <th key={kind} scope="col">
                                        {kind}
                                    </th>
                                ))}
                            </tr>
                        </thead>
                        <tbody>
                            {layers.map((layer, i) => (
                                <tr key={i}>
                                    <th scope="row">{i}</th>
                                    {kinds.map((kind) => (
                                        <td key={kind}>{layer[kind]}</td>
                                    ))}
                                </tr>
                            ))}
                        </tbody>
                    </table>
                </div>
            </details>
        </>
    );
}
