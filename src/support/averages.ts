/** The sum of numbers, or of what `of` gives of each item, added from the first on. */
export function sum(values: ArrayLike<number>): number;
export function sum<T>(items: ArrayLike<T>, of: (item: T) => number): number;
export function sum<T>(items: ArrayLike<T>, of?: (item: T) => number): number {
    let total = 0;
    if (of === undefined) for (let i = 0; i < items.length; i++) total += items[i] as number;
    else for (let i = 0; i < items.length; i++) total += of(items[i]!);
    return total;
}

/** The arithmetic mean; null of no values. */
export function mean(values: ArrayLike<number>): number | null {
    return values.length === 0 ? null : sum(values) / values.length;
}

/** Median of the finite values; null where there is none. */
export function median(values: readonly (number | null)[]): number | null {
    const finite = values.filter((value): value is number => Number.isFinite(value)).sort((a, b) => a - b);
    if (finite.length === 0) return null;
    const middle = (finite.length - 1) / 2;
    return (finite[Math.floor(middle)]! + finite[Math.ceil(middle)]!) / 2;
}
