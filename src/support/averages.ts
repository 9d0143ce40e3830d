/** The arithmetic mean; null of no values. */
export function mean(values: readonly number[]): number | null {
    return values.length === 0 ? null : values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** Median of the finite values; null where there is none. */
export function median(values: readonly (number | null)[]): number | null {
    const finite = values.filter((value): value is number => Number.isFinite(value)).sort((a, b) => a - b);
    if (finite.length === 0) return null;
    const middle = (finite.length - 1) / 2;
    return (finite[Math.floor(middle)]! + finite[Math.ceil(middle)]!) / 2;
}
