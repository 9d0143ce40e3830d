import type { ModelSite } from '../../src/engine/types/Site.js';
import type { Outcome } from './Counter.js';

/** A row of docs/architectures.md: what a model of an architecture has, or why it is refused. */
export interface Row {
    readonly architecture: string;
    readonly experts: boolean;
    readonly outcome: Outcome;
}

const unique = (values: readonly string[]): string[] => [...new Set(values)];

/** What a layer holds, such as `routed + shared`. */
function layers(sites: readonly ModelSite[]): string[] {
    const byLayer = new Map<number, string[]>();
    for (const { layer, kind } of sites) byLayer.set(layer, [...(byLayer.get(layer) ?? []), kind]);
    return unique([...byLayer.values()].map((kinds) => kinds.sort().join(' + ')));
}

function cells(outcome: Outcome): string[] {
    if ('died' in outcome) return ['–', '–', `died: ${outcome.died}`];
    // The message names the file before the reason, and says what to do after it.
    if ('refused' in outcome)
        return ['–', '–', `refused: ${outcome.refused.message.replace(/^.*? is not supported: /, '').split('; ')[0]!}`];
    const { sites, differing } = outcome.found;
    const functions = unique(sites.map(({ activation, gated }) => activation + (gated ? '' : ', no gate')));
    return [layers(sites).join('; '), functions.join('; '), differing === 0 ? 'equal' : `${differing} sites differ`];
}

/** The table of all models, in Markdown. */
export function tableOf(rows: readonly Row[]): string {
    const lines = rows.map(
        ({ architecture, experts, outcome }) =>
            `| ${[architecture, experts ? 'yes' : 'no', ...cells(outcome)].join(' | ')} |`,
    );
    return [
        '| architecture | experts | sites of a layer | activation | against the reference |',
        '|---|---|---|---|---|',
        ...lines,
    ].join('\n');
}
