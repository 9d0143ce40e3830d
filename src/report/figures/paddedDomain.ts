import { isFiniteNumber, type Measured } from '../numbers.js';

/** From the least to the greatest value, a share of their distance wider on each side. */
export function paddedDomain(values: readonly Measured[], share: number): [number, number] {
    const known = values.filter(isFiniteNumber);
    const [least, most] = [Math.min(...known), Math.max(...known)];
    const margin = share * (most - least) || 1;
    return [least - margin, most + margin];
}
