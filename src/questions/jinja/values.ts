/** The error where Jinja2 raises, or where we do not know what it does. */
export class JinjaError extends Error {
    constructor(message: string) {
        super(message);
        this.name = 'JinjaError';
    }
}

/** A name, an attribute or an item that is not there: empty where it is written, an error where it is used. */
export class Undefined {
    constructor(readonly what: string) {}

    fail(): never {
        throw new JinjaError(`${this.what} is undefined`);
    }
}

/** A number with a decimal point; whole numbers are plain ones. */
export class Float {
    constructor(readonly value: number) {}
}

export class Tuple {
    constructor(readonly items: readonly Value[]) {}
}

/** Python's `range`, which is written and compared otherwise than a list. */
export class Range {
    constructor(
        readonly items: readonly number[],
        readonly text: string,
    ) {}
}

/** What can be iterated once and has no length: `map`, `select`, `reverse`. */
export class Lazy {
    #items: readonly Value[];

    constructor(items: readonly Value[]) {
        this.#items = items;
    }

    take(): readonly Value[] {
        const items = this.#items;
        this.#items = [];
        return items;
    }
}

/** A dictionary in the order of insertion; 1, 1.0 and true are one key, as in Python. */
export class Dict {
    readonly #entries = new Map<string, [Value, Value]>();

    constructor(entries: Iterable<readonly [Value, Value]> = []) {
        for (const [key, value] of entries) this.set(key, value);
    }

    get size(): number {
        return this.#entries.size;
    }

    get(key: Value): Value | undefined {
        return this.#entries.get(hash(key))?.[1];
    }

    has(key: Value): boolean {
        return this.#entries.has(hash(key));
    }

    set(key: Value, value: Value): void {
        const name = hash(key);
        this.#entries.set(name, [this.#entries.get(name)?.[0] ?? key, value]);
    }

    keys(): Value[] {
        return [...this.#entries.values()].map(([key]) => key);
    }

    values(): Value[] {
        return [...this.#entries.values()].map(([, value]) => value);
    }

    items(): Tuple[] {
        return [...this.#entries.values()].map((pair) => new Tuple(pair));
    }
}

/** `keys()`, `values()` or `items()` of a dictionary. */
export class View {
    constructor(
        readonly dict: Dict,
        readonly kind: 'keys' | 'values' | 'items',
    ) {}

    list(): Value[] {
        return this.dict[this.kind]();
    }
}

/** `namespace()`, the one value that a template can change, and `loop`. */
export class Namespace {
    constructor(
        readonly attributes: Map<string, Value>,
        readonly name: 'Namespace' | 'LoopContext' = 'Namespace',
    ) {}
}

export type Named = ReadonlyMap<string, Value>;

/** A macro, a method or a function of ours. */
export class Callable {
    constructor(
        readonly name: string,
        readonly call: (args: readonly Value[], named: Named) => Value,
    ) {}
}

export type Value =
    | string
    | number
    | boolean
    | null
    | Undefined
    | Float
    | Value[]
    | Tuple
    | Range
    | Lazy
    | Dict
    | View
    | Namespace
    | Callable;

/** The key under which Python finds a value again. @throws JinjaError where it is none, as for a list */
function hash(key: Value): string {
    if (typeof key === 'string') return `s${key}`;
    const number = numberOf(key);
    if (number !== undefined) return `n${number}`;
    if (key === null) return 'none';
    if (key instanceof Tuple) return `t${JSON.stringify(key.items.map(hash))}`;
    throw new JinjaError(`unhashable type: ${typeName(key)}`);
}

/** Python's name of a value's type. */
export function typeName(value: Value): string {
    if (typeof value === 'string') return 'str';
    if (typeof value === 'number') return 'int';
    if (typeof value === 'boolean') return 'bool';
    if (value === null) return 'NoneType';
    if (Array.isArray(value)) return 'list';
    if (value instanceof Float) return 'float';
    if (value instanceof View) return `dict_${value.kind}`;
    if (value instanceof Callable) return 'function';
    if (value instanceof Namespace) return value.name;
    return value.constructor.name.toLowerCase();
}

/** A whole number. @throws JinjaError where doubles no longer hold every whole number */
export function whole(value: number): number {
    if (!Number.isSafeInteger(value)) throw new JinjaError('whole numbers beyond 2^53 are not supported');
    return value === 0 ? 0 : value;
}

/** The number that a value is in arithmetic, truth values among them; undefined where it is none. */
export function numberOf(value: Value): number | undefined {
    if (typeof value === 'number') return value;
    if (typeof value === 'boolean') return Number(value);
    return value instanceof Float ? value.value : undefined;
}

export function isTrue(value: Value): boolean {
    if (value instanceof Undefined || value === null) return false;
    if (value instanceof Dict) return value.size > 0;
    if (value instanceof View) return value.dict.size > 0;
    if (value instanceof Tuple || value instanceof Range) return value.items.length > 0;
    if (Array.isArray(value) || typeof value === 'string') return value.length > 0;
    return numberOf(value) !== 0;
}

/** What Python's `iter` gives; undefined where it raises. */
export function iterate(value: Value): readonly Value[] | undefined {
    if (typeof value === 'string') return [...value];
    if (Array.isArray(value)) return value;
    if (value instanceof Undefined) return [];
    if (value instanceof Tuple || value instanceof Range) return value.items;
    if (value instanceof Dict) return value.keys();
    if (value instanceof View) return value.list();
    if (value instanceof Lazy) return value.take();
    return undefined;
}

/** The same. @throws JinjaError where it cannot be iterated */
export function listOf(value: Value): readonly Value[] {
    const items = iterate(value);
    if (items === undefined) throw new JinjaError(`'${typeName(value)}' object is not iterable`);
    return items;
}

/** @throws JinjaError where it has no length */
export function lengthOf(value: Value): number {
    if (value instanceof Lazy || iterate(value) === undefined)
        throw new JinjaError(`object of type '${typeName(value)}' has no len()`);
    return listOf(value).length;
}

/** A value of JSON as a template sees it. */
export function fromJson(json: unknown): Value {
    if (json === null || typeof json === 'string' || typeof json === 'boolean') return json;
    if (typeof json === 'number') return Number.isInteger(json) ? whole(json) : new Float(json);
    if (Array.isArray(json)) return json.map(fromJson);
    if (typeof json === 'object')
        return new Dict(Object.entries(json).map(([key, value]) => [key, fromJson(value)] as const));
    throw new JinjaError(`a template cannot be given a ${typeof json}`);
}
