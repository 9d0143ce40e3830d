import type { Site } from '../../engine/types/Site.js';
import type { NeuronIndex } from '../analysis/NeuronAnalysis.js';

/** Neurons of a set that are in one expert, or in one site without experts. */
export interface ExpertGroup {
    readonly site: number;
    /** All neurons of the expert or site, ascending: `[site, index]` names each. */
    readonly all: readonly number[];
    /** Those of the set, each once. */
    readonly members: ReadonlySet<number>;
}

/** The neurons of a set by site and expert, in that order. */
export function expertGroups(set: readonly NeuronIndex[], sites: readonly Site[]): ExpertGroup[] {
    const groups = new Map<string, { readonly site: number; readonly expert: number; readonly members: Set<number> }>();
    for (const [site, index] of set) {
        const expert = Math.floor(index / sites[site]!.width);
        const key = `${site} ${expert}`;
        if (!groups.has(key)) groups.set(key, { site, expert, members: new Set() });
        groups.get(key)!.members.add(index);
    }
    return [...groups.values()]
        .sort((a, b) => a.site - b.site || a.expert - b.expert)
        .map(({ site, expert, members }) => {
            const { width } = sites[site]!;
            return { site, all: Array.from({ length: width }, (_, j) => expert * width + j), members };
        });
}
