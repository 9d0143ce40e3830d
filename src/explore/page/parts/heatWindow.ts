import { useEffect, useState } from 'preact/hooks';

/** A matrix of more cells has only those in sight in the document. */
const mostCells = 1600;
/** Pixels of such a matrix's rows, columns and headings of rows; the style sheet has the same. */
const [rowHeight, columnWidth, headingWidth] = [30, 56, 220];
/** Rows and columns beyond those in sight. */
const margin = 4;

/** From the first to before the last. */
type Span = readonly [first: number, last: number];

export interface HeatWindow {
    readonly isWindowed: boolean;
    readonly rows: Span;
    readonly columns: Span;
    /** Scrolls a cell into sight. */
    reveal(row: number, column: number): void;
}

/** Which cells of a matrix exist. @param box what scrolls it */
export function useHeatWindow(
    box: { readonly current: HTMLElement | null },
    rows: number,
    columns: number,
): HeatWindow {
    const isWindowed = rows * columns > mostCells;
    const [sight, setSight] = useState({ top: 0, left: 0, width: 1000, height: 700 });
    useEffect(() => {
        const element = box.current;
        if (!isWindowed || element === null) return;
        const look = (): void => {
            const { scrollTop: top, scrollLeft: left, clientWidth: width, clientHeight: height } = element;
            setSight({ top, left, width, height });
        };
        look();
        const observer = new ResizeObserver(look);
        observer.observe(element);
        element.addEventListener('scroll', look, { passive: true });
        return () => {
            observer.disconnect();
            element.removeEventListener('scroll', look);
        };
    }, [isWindowed]);
    return {
        isWindowed,
        rows: isWindowed ? spanInSight(sight.top, sight.height, rowHeight, rows) : [0, rows],
        columns: isWindowed ? spanInSight(sight.left, sight.width, columnWidth, columns) : [0, columns],
        reveal: (row, column) => {
            const element = box.current;
            if (!isWindowed || element === null) return;
            const { clientWidth, clientHeight } = element;
            element.scrollTop = shifted(element.scrollTop, row * rowHeight, clientHeight - 2 * rowHeight);
            element.scrollLeft = shifted(
                element.scrollLeft,
                column * columnWidth,
                clientWidth - headingWidth - columnWidth,
            );
        },
    };
}

/** Of places of one size in a row those in sight, and some on either side. */
export function spanInSight(from: number, length: number, size: number, count: number): Span {
    const first = Math.max(0, Math.min(count - 1, Math.floor(from / size) - margin));
    return [first, Math.min(count, Math.ceil((from + length) / size) + margin)];
}

/** The least scrolling that shows a place. */
function shifted(from: number, at: number, room: number): number {
    return at < from ? at : at > from + room ? at - room : from;
}
