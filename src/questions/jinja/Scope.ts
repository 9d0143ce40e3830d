import { Undefined, type Value } from './values.js';

/** Names of a template, of a turn of a loop, of a macro or of a block; inner ones hide outer ones. */
export class Scope {
    readonly #names = new Map<string, Value>();

    constructor(readonly outer?: Scope) {}

    get(name: string): Value {
        const found = this.#names.get(name);
        if (found !== undefined) return found;
        return this.outer === undefined ? new Undefined(`'${name}'`) : this.outer.get(name);
    }

    set(name: string, value: Value): void {
        this.#names.set(name, value);
    }
}
