/** The properties that are not undefined: for optional ones, which must be absent rather than undefined. */
export function defined<T extends object>(object: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
    const kept = Object.entries(object).filter(([, value]) => value !== undefined);
    return Object.fromEntries(kept) as { [K in keyof T]?: Exclude<T[K], undefined> };
}
