import { countEdits } from '../engine/edits.js';
import { compileInterventions } from './compile.js';
import type { Intervention } from './Intervention.js';
import type { NamedInterventions } from './namedInterventions.js';

/** Edits that interventions can come to, known before the model is open; see `EngineOptions.edits`. */
export function mostEdits(interventions: readonly Intervention[]): number {
    // Tokens are told apart by each different clause that not all have, whatever the neurons are.
    const compiled = compileInterventions(
        interventions.map((one) => ({ ...one, neurons: [] })),
        { sizes: [] },
    );
    return countEdits(compiled);
}

/** Whether any has offsets; see `EngineOptions.offsets`. */
export function addOffsets(lists: readonly NamedInterventions[]): boolean {
    return lists.some(({ interventions }) => interventions.some(({ op }) => op === 'add' || op === 'replace'));
}
