import type { ComponentChild } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import uPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';
import { onColorsChange } from '../data/onColorsChange.js';

/** A colour of the style sheet, by its name. */
export type ColorOf = (name: string) => string;

export interface PlotSpec {
    readonly height: number;
    readonly data: uPlot.AlignedData;
    options(color: ColorOf, width: number): Omit<uPlot.Options, 'width' | 'height'>;
    /** Called with the index of the value that is pointed at, and where it is; null: none is. */
    readonly onPoint?: (index: number | null, box: DOMRect) => void;
}

/** Curves on a canvas as wide as there is room for; their numbers stand as text elsewhere. */
export function Plot({ spec }: { spec: PlotSpec }): ComponentChild {
    const box = useRef<HTMLDivElement>(null);
    useEffect(() => {
        const element = box.current!;
        let plot: uPlot | undefined;
        const draw = (): void => {
            plot?.destroy();
            const style = getComputedStyle(element);
            const { height, data, onPoint } = spec;
            const given = spec.options((name) => style.getPropertyValue(`--${name}`), element.clientWidth);
            const { setCursor = [], ...hooks } = given.hooks ?? {};
            const point = (drawn: uPlot): void => onPoint?.(drawn.cursor.idx ?? null, element.getBoundingClientRect());
            plot = new uPlot(
                {
                    ...given,
                    width: element.clientWidth,
                    height,
                    hooks: { ...hooks, setCursor: [...setCursor, point] },
                },
                data,
                element,
            );
        };
        draw();
        const observer = new ResizeObserver(() => plot?.setSize({ width: element.clientWidth, height: spec.height }));
        observer.observe(element);
        const stop = onColorsChange(draw);
        return () => {
            observer.disconnect();
            stop();
            plot?.destroy();
        };
    }, [spec]);
    return <div ref={box} class="plot" aria-hidden="true" style={{ minHeight: `${spec.height}px` }} />;
}

/** Axes in the page's colours. */
export function axisColors(color: ColorOf): Pick<uPlot.Axis, 'stroke' | 'grid' | 'ticks'> {
    return {
        stroke: color('ink'),
        grid: { stroke: color('line'), width: 1 },
        ticks: { stroke: color('line'), width: 1 },
    };
}
