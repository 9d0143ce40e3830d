/** For JSON.stringify: what is no finite number as its name, where plain JSON would make it null. */
export function nonFinite(_key: string, value: unknown): unknown {
    return typeof value === 'number' && !Number.isFinite(value) ? String(value) : value;
}
