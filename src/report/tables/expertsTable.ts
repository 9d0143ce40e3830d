import { classWords } from '../../neurons/analysis/classKeys.js';
import { analysisSites, type ExpertAnalysis, type NeuronAnalysis } from '../../neurons/analysis/NeuronAnalysis.js';
import type { DataTable } from './DataTable.js';

/**
 * Every routed expert: its class by routing, and the share r = n_e / T of each language's tokens that went through it.
 */
export function expertsTable(analysis: NeuronAnalysis, experts: ExpertAnalysis): DataTable {
    const sites = analysisSites(analysis);
    const classes = expertClasses(experts);
    return {
        name: 'experts',
        columns: ['layer', 'expert', 'class', ...analysis.languages],
        rows: Object.entries(experts.shares).flatMap(([site, list]) =>
            list.map((shares, expert) => [
                sites[Number(site)]!.layer,
                expert,
                classes.get(`${site},${expert}`) ?? 'none',
                ...shares,
            ]),
        ),
    };
}

/** Class and languages of each classified expert by `site,expert`, such as `specific: de`. */
export function expertClasses(experts: ExpertAnalysis): ReadonlyMap<string, string> {
    return classWords(experts, { general: 'general', behind: ': ', between: ' ' });
}
