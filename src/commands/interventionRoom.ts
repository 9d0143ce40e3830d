import { countEdits, type EditRoom } from '../engine/edits.js';
import { compileInterventions } from '../interventions/compile.js';
import type { Intervention } from '../interventions/Intervention.js';
import type { NamedInterventions } from '../interventions/namedInterventions.js';

/**
 * What an engine must hold for the whole model and for each of some interventions side by side, whatever their edits
 * by token are; the sizes of the model are known only once it is open.
 */
export function interventionRoom(asked: readonly NamedInterventions[]): EditRoom {
    return {
        edits: 1 + asked.reduce((sum, { interventions }) => sum + mostEdits(interventions), 0),
        offsets: asked.some(({ interventions }) => interventions.some(addsOffsets)),
    };
}

function addsOffsets({ op }: Intervention): boolean {
    return op === 'add' || op === 'replace';
}

/** Edits that interventions can come to: tokens are told apart by each different clause that not all have. */
function mostEdits(interventions: NamedInterventions['interventions']): number {
    const compiled = compileInterventions(
        interventions.map((one) => ({ ...one, neurons: [] })),
        { sizes: [] },
    );
    return countEdits(compiled);
}
