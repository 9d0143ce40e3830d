import type { ComponentChild } from 'preact';
import { useRef, useState } from 'preact/hooks';
import { sum } from '../../../support/averages.js';
import { formatCount } from '../../../support/format.js';
import { NumberField } from './Field.js';

type Range = readonly [least: number, most: number];

interface HistogramProps {
    readonly label: string;
    readonly counts: readonly number[];
    readonly range: Range | undefined;
    readonly onRange: (range: Range | undefined) => void;
}

/** Counts in equal bins of [0, 1], of which a range can be taken: by dragging, or by the two fields beside it. */
export function Histogram({ label, counts, range, onRange }: HistogramProps): ComponentChild {
    const [least, most] = range ?? [0, 1];
    const field = (name: string, value: number, change: (value: number) => Range): ComponentChild => {
        const shown = Number(value.toFixed(3));
        const take = (taken: number): void => onRange(change(taken));
        return <NumberField label={name} range={[0, 1]} step={0.01} value={shown} otherwise={0} take={take} />;
    };
    return (
        <div class="histogram">
            <Bars label={label} counts={counts} range={[least, most]} onRange={onRange} />
            <div class="tools">
                {field('from', least, (value) => [value, most])}
                {field('to', most, (value) => [least, value])}
                <button type="button" disabled={range === undefined} onClick={() => onRange(undefined)}>
                    Any
                </button>
                <span class="small">heights are square roots of numbers</span>
            </div>
        </div>
    );
}

function Bars({ label, counts, range: [least, most], onRange }: HistogramProps & { range: Range }): ComponentChild {
    const box = useRef<HTMLDivElement>(null);
    const [from, setFrom] = useState<number>();
    const highest = Math.max(1, ...counts);
    const total = sum(counts);
    const edge = (bin: number): string => (bin / counts.length).toFixed(2);
    const binAt = (event: PointerEvent): number => {
        const { left, width } = box.current!.getBoundingClientRect();
        return Math.max(0, Math.min(counts.length - 1, Math.floor(((event.clientX - left) / width) * counts.length)));
    };
    const take = (a: number, b: number): void =>
        onRange([Math.min(a, b) / counts.length, (Math.max(a, b) + 1) / counts.length]);
    return (
        <div
            ref={box}
            class="bars"
            role="img"
            aria-label={`${label}: ${formatCount(total)} neurons by activation probability`}
            onPointerDown={(event) => {
                event.currentTarget.setPointerCapture(event.pointerId);
                const bin = binAt(event);
                setFrom(bin);
                take(bin, bin);
            }}
            onPointerMove={(event) => from !== undefined && take(from, binAt(event))}
            onPointerUp={() => setFrom(undefined)}
            onPointerCancel={() => setFrom(undefined)}
        >
            {counts.map((count, bin) => {
                const middle = (bin + 0.5) / counts.length;
                return (
                    <i
                        key={bin}
                        class={middle >= least && middle <= most ? 'in' : ''}
                        style={{ height: `${count === 0 ? 0 : 2 + 98 * Math.sqrt(count / highest)}%` }}
                        title={`${edge(bin)} to ${edge(bin + 1)}: ${formatCount(count)}`}
                    />
                );
            })}
        </div>
    );
}
