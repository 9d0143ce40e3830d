import { wrongUse } from '../../errors.js';
import { type EditsByToken, isByToken, type NeuronEdit, type TextEdit } from '../types/edits.js';

/** Edits of one place: one for the tokens of the prompt and one for those after it, say. */
const editsEach = 2;
/** Changes nothing, and keeps capacity for offsets. */
const nothing: NeuronEdit = { factors: [], offsets: [] };

interface Place {
    edit: TextEdit;
    /** Requests that use it. */
    users: number;
}

/**
 * Capacity for edits that requests bring themselves while a pass is under way. Requests that bring the same object
 * share a place. A place keeps its edit, without a user, until another edit needs it.
 */
export class EditPlaces {
    readonly #places: readonly Place[];
    /** The places as conditions of a pass: empty, until their edits are set one by one. */
    readonly conditions: readonly EditsByToken[];

    constructor(number: number) {
        this.#places = Array.from({ length: number }, () => ({ edit: undefined, users: 0 }));
        this.conditions = this.#places.map((place) => ({
            edits: new Array<NeuronEdit>(editsEach).fill(nothing),
            at: (...token) => (isByToken(place.edit) ? place.edit.at(...token) : 0),
        }));
    }

    /** @throws LanguageNeuronsError WRONG_USE for an edit that no place has the capacity for */
    check(edit: TextEdit): void {
        if (this.#places.length === 0) throw wrongUse('requests cannot bring edits; open with `ownEdits` above 0');
        const needed = isByToken(edit) ? edit.edits.length : 1;
        if (needed <= editsEach) return;
        throw wrongUse(
            `its tokens need ${needed} edits, and a request may bring ${editsEach}; let all interventions have the ` +
                'same `where`',
        );
    }

    /**
     * Takes a place for one more user.
     * @returns its number, and whether the context does not hold the edit yet; undefined: all places are in use
     */
    take(edit: TextEdit): { readonly place: number; readonly isNew: boolean } | undefined {
        const same = this.#places.findIndex((place) => place.edit === edit && edit !== undefined);
        const place = same >= 0 ? same : this.#places.findIndex(({ users }) => users === 0);
        if (place < 0) return undefined;
        const found = this.#places[place]!;
        found.edit = edit;
        found.users++;
        return { place, isNew: same < 0 };
    }

    /** Places that have an edit. */
    get filled(): number[] {
        return [...this.#places.keys()].filter((place) => this.#places[place]!.edit !== undefined);
    }

    /** The edit that a place has now. */
    editOf(place: number): TextEdit {
        return this.#places[place]!.edit;
    }

    /** The edits of a place, as many as its condition has. */
    editsOf(place: number): NeuronEdit[] {
        const { edit } = this.#places[place]!;
        const edits = isByToken(edit) ? edit.edits : [edit];
        return Array.from({ length: editsEach }, (_, i) => edits[i] ?? nothing);
    }

    /** One user less. */
    release(place: number): void {
        this.#places[place]!.users--;
    }

    /** Takes its edit away, which the context could not take. */
    empty(place: number): void {
        this.#places[place]!.edit = undefined;
    }
}
