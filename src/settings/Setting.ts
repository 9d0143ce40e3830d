import type { NumberRange } from '../support/numberRanges.js';

/**
 * One setting: what it takes, what it is without being given, and what it is for. The command line's options, the keys
 * of a run's YAML, the fields of the library's options with their types, and every check are made from it. It takes a
 * text that is not empty, unless one of `number`, `choices`, `date`, `path` and `flag` is given.
 */
export interface Setting {
    /** For `--help` and the docs; `` `name: value` `` names another setting. */
    readonly describe?: string;
    /** One letter, for the command line. */
    readonly alias?: string;
    readonly required?: boolean;
    readonly default?: string | number;
    /** What it is without being given, where that depends on other things. */
    readonly defaultWords?: string;
    readonly number?: NumberRange;
    /** A word that is taken beside numbers. */
    readonly word?: string;
    /** A share, which may be written as a percentage on the command line. */
    readonly percent?: boolean;
    readonly choices?: readonly string[];
    /** Given or not, without a value. */
    readonly flag?: boolean;
    /** A day, as YYYY-MM-DD. */
    readonly date?: boolean;
    /** A path, whose `~` is expanded. */
    readonly path?: boolean;
    /** A list; on the command line its members are separated by commas. */
    readonly list?: boolean;
    /** May be given several times on the command line, which makes a list. */
    readonly many?: boolean;
    /** Title under which a long `--help` shows it. */
    readonly group?: string;
    /** Results whose identity it is part of by itself; see docs/identity.md. Each row of `shapingTables` has it. */
    readonly shapes?: readonly ShapedResult[];
    /** Its name in a result's identity, where that is another one. */
    readonly identity?: string;
    /** Whether it shapes anything only where a device beside the CPU computes. */
    readonly onDevice?: boolean;
    /** Other settings, and their values for which this one means something. */
    readonly of?: Readonly<Record<string, readonly string[]>>;
}

/** What is found again by its identity: counts, cells of texts' scores and answers have keys that are made of it. */
export type ShapedResult = 'counts' | 'analysis' | 'cells' | 'answers' | 'matrix';

/** Settings by their names in camel case. */
export type SettingTable = Readonly<Record<string, Setting>>;

/** A table that says of every row which results it shapes. */
export type ShapingTable = Readonly<Record<string, Setting & { readonly shapes: readonly ShapedResult[] }>>;

type OneOf<S> = S extends { number: NumberRange; word: infer W extends string }
    ? number | W
    : S extends { number: NumberRange }
      ? number
      : S extends { choices: readonly (infer C)[] }
        ? C
        : string;

/** What a setting is once it is read. */
export type ValueOf<S> = S extends { flag: true }
    ? boolean
    : S extends { list: true } | { many: true }
      ? readonly OneOf<S>[]
      : OneOf<S>;

/** Settings as optional fields of a library's options. */
export type OptionsOf<T> = { readonly [K in keyof T]?: ValueOf<T[K]> | undefined };

/** Settings as a command gets them: those that have no default may be undefined. */
export type ArgumentsOf<T> = {
    readonly [K in keyof T]: T[K] extends { flag: true } | { required: true } | { default: string | number }
        ? ValueOf<T[K]>
        : ValueOf<T[K]> | undefined;
};

/** Rows of a table, with the group that they are shown in. */
export function inGroup<const T extends SettingTable>(
    group: string,
    rows: T,
): { readonly [K in keyof T]: T[K] & { readonly group: string } } {
    const grouped = Object.entries(rows).map(([name, row]) => [name, { ...row, group }]);
    return Object.fromEntries(grouped) as { readonly [K in keyof T]: T[K] & { readonly group: string } };
}
