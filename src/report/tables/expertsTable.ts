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
export function expertClasses({ specific, related, general }: ExpertAnalysis): Map<string, string> {
    const found = new Map<string, string>(general.map((index) => [index.join(), 'general']));
    for (const [kind, lists] of [
        ['specific', specific],
        ['related', related],
    ] as const) {
        for (const [language, list] of Object.entries(lists)) {
            for (const index of list) {
                const had = found.get(index.join());
                found.set(index.join(), had === undefined ? `${kind}: ${language}` : `${had} ${language}`);
            }
        }
    }
    return found;
}
