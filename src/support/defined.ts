/** Keeps the properties that are not undefined, because an optional property must be absent instead. */
export function defined<T extends object>(object: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
    const kept = Object.entries(object).filter(([, value]) => value !== undefined);
    return Object.fromEntries(kept) as { [K in keyof T]?: Exclude<T[K], undefined> };
}
