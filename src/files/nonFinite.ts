/** A replacer for JSON.stringify: writes NaN and infinities by name, where plain JSON writes null. */
export function nonFinite(_key: string, value: unknown): unknown {
    return typeof value === 'number' && !Number.isFinite(value) ? String(value) : value;
}
