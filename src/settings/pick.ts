import type { ArgumentsOf, OptionsOf, SettingTable } from './Setting.js';

/** Those of an object's properties that a table of settings has. */
export function pick<O extends object, T extends object>(object: O, table: T): Pick<O, Extract<keyof O, keyof T>> {
    const picked = Object.entries(object).filter(([name]) => name in table);
    return Object.fromEntries(picked) as Pick<O, Extract<keyof O, keyof T>>;
}

/** Options of a table with its defaults; a flag that is not given is false. */
export function filled<T extends SettingTable>(options: OptionsOf<T>, table: T): ArgumentsOf<T> {
    const given = options as Readonly<Record<string, unknown>>;
    const values = Object.entries(table).map(([name, { flag, default: usual = flag === true ? false : undefined }]) => [
        name,
        given[name] ?? usual,
    ]);
    return Object.fromEntries(values) as ArgumentsOf<T>;
}
