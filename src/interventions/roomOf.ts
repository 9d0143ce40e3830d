import { countEdits, type EditRoom } from '../engine/edits.js';
import { compileInterventions } from './compile.js';
import type { Intervention } from './Intervention.js';

/** Room that interventions one after another take in a context, at most: of whatever neurons they are. */
export function roomOf(interventions: readonly Omit<Intervention, 'neurons'>[]): EditRoom {
    const compiled = compileInterventions(
        interventions.map((one) => ({ ...one, neurons: [] })),
        { sizes: [] },
    );
    const offsets = interventions.some(({ op }) => op === 'add' || op === 'replace');
    return { edits: countEdits(compiled), offsets };
}

/** Room for several conditions of a batch side by side. */
export function sumOfRooms(rooms: readonly EditRoom[]): EditRoom {
    return {
        edits: rooms.reduce((sum, { edits }) => sum + edits, 0),
        offsets: rooms.some(({ offsets }) => offsets),
    };
}
