/** The share of a vector's length that lies outside of what others span; in float64, by Gram-Schmidt, twice over. */
export function spanDistance(others: readonly (readonly number[])[], vector: readonly number[]): number {
    const basis: number[][] = [];
    const outside = (of: readonly number[]): number[] => {
        let rest = [...of];
        for (const unit of [...basis, ...basis]) {
            const along = dot(rest, unit);
            rest = rest.map((value, i) => value - along * unit[i]!);
        }
        return rest;
    };
    for (const other of others) {
        const rest = outside(other);
        const length = Math.sqrt(dot(rest, rest));
        // what is left of a float32's last digits is no direction
        if (length > 3e-6 * Math.sqrt(dot(other, other))) basis.push(rest.map((value) => value / length));
    }
    const rest = outside(vector);
    return Math.sqrt(dot(rest, rest) / dot(vector, vector));
}

function dot(a: readonly number[], b: readonly number[]): number {
    return a.reduce((sum, value, i) => sum + value * b[i]!, 0);
}
