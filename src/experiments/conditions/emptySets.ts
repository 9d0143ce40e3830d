import type { Experiment } from './experiment.js';

/**
 * Sentences on the requested sets: one for each set in which some languages have no neurons, so that their
 * rows are the whole model's.
 */
export function emptySets({ askedSets, parts: [part] }: Experiment, languages: readonly string[]): string[] {
    return askedSets.flatMap((name) => {
        const own = part?.sets.get(name)?.own ?? [];
        const empty = languages.filter((_, r) => own[r]?.neurons.length === 0);
        if (empty.length === 0) return [];
        return empty.length === languages.length
            ? [
                  `warning: no language has ${name} neurons, so nothing is changed: every row is the whole model's; ` +
                      'identify says why',
              ]
            : [`${empty.join(', ')}: no ${name} neurons, so nothing is changed in ${rows(empty)}`];
    });
}

function rows({ length }: readonly string[]): string {
    return length === 1 ? 'its row' : 'their rows';
}
