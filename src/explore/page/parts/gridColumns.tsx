import type { ComponentChild } from 'preact';
import type { ExploredNeuron, ShownTokens, SortColumn } from '../data/Query.js';
import { type LoadedSite, neuronRoute } from '../data/site.js';
import { flatName } from '../data/sites.js';
import { formatThree } from './formatThree.js';
import { languageCodes } from './languageText.js';

/** A column of the table of neurons. */
export interface GridColumn {
    readonly id: string;
    /** From 1. */
    readonly place: number;
    readonly label: string;
    readonly title: string;
    /** Its width in rem. */
    readonly width: number;
    /** Its greatest width, in rem: a wider table divides what is left among those that have one. Default: `width`. */
    readonly most?: number;
    readonly sort?: SortColumn;
    readonly text: (row: ExploredNeuron) => ComponentChild;
}

/** Width of a language's column, in rem. */
export const languageWidth = 4.5;

/** Columns without their places. */
type Columns = readonly Omit<GridColumn, 'place'>[];

/** The columns of every site, and behind them one of each language. */
export function gridColumns(site: LoadedSite): readonly GridColumn[] {
    return [...fixedColumns(site), ...languageColumns(site)].map((column, i) => ({ ...column, place: i + 1 }));
}

function fixedColumns(site: LoadedSite): Columns {
    const { summary, starts } = site;
    const { languages, sites } = summary;
    const hasExperts = sites.some(({ kind }) => kind === 'routed');
    const fixed: Columns[number][] = [
        {
            id: 'place',
            label: 'neuron',
            title: 'Layer and neuron; of an expert: layer, expert, neuron',
            width: hasExperts ? 9 : 7,
            sort: 'place',
            text: ({ flat }) => (
                <a href={neuronRoute(flat, site)} tabIndex={-1}>
                    {flatName(flat, sites, starts)}
                </a>
            ),
        },
        {
            id: 'class',
            label: 'class',
            title: 'Class',
            width: 5,
            text: (row) => <span class={row.class}>{row.class}</span>,
        },
        {
            id: 'languages',
            label: 'languages',
            title: 'Languages that it is classified for',
            width: 7,
            most: 20,
            text: (row) => languageCodes(languages, row.languages),
        },
        {
            id: 'high',
            label: 'N',
            title: 'Number of languages in which it is high',
            width: 3,
            sort: 'high',
            text: (row) => row.high,
        },
        {
            id: 'score',
            label: 'score',
            title: 'The score that neurons are selected by; the lowest are selected',
            width: 4.5,
            sort: 'score',
            text: (row) => formatThree(row.score),
        },
    ];
    if (summary.tokenBlocks > 0)
        fixed.push({
            id: 'tokens',
            label: 'strongest tokens',
            title: 'Tokens for which it is most active; those that are searched stand first. ▁ is a blank',
            width: 12,
            most: 40,
            text: ({ shown }) => <Tokens shown={shown} />,
        });
    return fixed;
}

function languageColumns({ summary: { languages, threshold } }: LoadedSite): Columns {
    return languages.map(({ tag, english }, k) => ({
        id: String(k),
        label: tag,
        title: `Activation probability in ${english}`,
        width: languageWidth,
        sort: k,
        text: ({ probabilities: p }) => <span class={p[k]! > threshold ? 'high' : ''}>{formatThree(p[k]!)}</span>,
    }));
}

function Tokens({ shown: { found, strongest } }: { shown: ShownTokens }): ComponentChild {
    return [...found, ...strongest].map((token, i) => (
        <bdi key={i} class={i < found.length ? 'high' : ''}>
            {/^\p{M}/u.test(token) ? `◌${token}` : token}
        </bdi>
    ));
}
