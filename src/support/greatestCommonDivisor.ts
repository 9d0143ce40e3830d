/** The greatest common divisor of whole numbers; that of 0 and a is a. */
export function greatestCommonDivisor(a: number, b: number): number {
    return b > 0 ? greatestCommonDivisor(b, a % b) : a;
}
