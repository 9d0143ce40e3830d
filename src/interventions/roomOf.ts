import { countEdits, type EditRoom } from '../engine/edits.js';
import { compileInterventions } from './compile.js';
import type { NamedInterventions } from './namedInterventions.js';
import type { Operation } from './Operation.js';

/** Room that interventions one after another take in a context, at most: of whatever neurons they are. */
export function roomOf(operations: readonly Operation[]): EditRoom {
    // What is added does not matter to how many edits there are.
    const compiled = compileInterventions(
        operations.map(({ where }) => ({ op: 'zero', where, neurons: [] })),
        { sizes: [] },
    );
    return { edits: countEdits(compiled), offsets: operations.some(addsOffsets) };
}

/** Room for the whole model and, beside it, each of some interventions. */
export function roomBesideWhole(named: readonly NamedInterventions[]): EditRoom {
    return sumOfRooms([{ edits: 1, offsets: false }, ...named.map(({ interventions }) => roomOf(interventions))]);
}

/** Room for several conditions of a batch side by side. */
export function sumOfRooms(rooms: readonly EditRoom[]): EditRoom {
    return {
        edits: rooms.reduce((sum, { edits }) => sum + edits, 0),
        offsets: rooms.some(({ offsets }) => offsets),
    };
}

function addsOffsets({ op, value }: Operation): boolean {
    return op === 'diffmean' || ((op === 'add' || op === 'replace') && value !== 0);
}
