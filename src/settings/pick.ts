/** Those of an object's properties that a table of settings has. */
export function pick<O extends object, T extends object>(object: O, table: T): Pick<O, Extract<keyof O, keyof T>> {
    const picked = Object.entries(object).filter(([name]) => name in table);
    return Object.fromEntries(picked) as Pick<O, Extract<keyof O, keyof T>>;
}
