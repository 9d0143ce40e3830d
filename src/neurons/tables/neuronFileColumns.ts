import type { ParquetColumn } from '../../files/parquet.js';
import type { NeuronRow } from './neuronRows.js';

// The explorer's page writes these columns too: only types may come from other modules.

/** A column of a file of neurons, and what a neuron has in it. */
export interface NeuronFileColumn extends ParquetColumn {
    readonly of: (row: NeuronRow) => string | number | null;
}

/** The parts of a table that decide on its columns; apart from the languages, only their presence matters. */
interface NeuronFileTable {
    readonly languages: readonly string[];
    readonly stability?: object | undefined;
    readonly strongest?: object | undefined;
    readonly raised?: object | undefined;
}

function tokensColumn(name: string, of: 'strongest' | 'raised'): NeuronFileColumn {
    return { name, type: 'STRING', of: (row) => row[of]?.join(' ') ?? null };
}

/** The columns of a file of neurons; those that the table does not have are left out. */
export function neuronFileColumns({ languages, stability, strongest, raised }: NeuronFileTable): NeuronFileColumn[] {
    return [
        { name: 'neuron', type: 'STRING', of: ({ neuron }) => neuron },
        { name: 'layer', type: 'INT32', of: ({ layer }) => layer },
        { name: 'site', type: 'INT32', of: ({ site }) => site },
        { name: 'kind', type: 'STRING', of: ({ kind }) => kind },
        { name: 'expert', type: 'INT32', of: ({ expert }) => expert },
        { name: 'index', type: 'INT32', of: ({ index }) => index },
        { name: 'class', type: 'STRING', of: (row) => row.class },
        { name: 'languages', type: 'STRING', of: (row) => row.languages.join() },
        { name: 'N', type: 'INT32', of: ({ N }) => N },
        { name: 'score', type: 'DOUBLE', of: ({ score }) => score },
        ...(stability === undefined
            ? []
            : [{ name: 'stability', type: 'DOUBLE', of: (row) => row.stability ?? null } satisfies NeuronFileColumn]),
        ...(strongest === undefined ? [] : [tokensColumn('strongest tokens', 'strongest')]),
        ...(raised === undefined ? [] : [tokensColumn('tokens raised', 'raised')]),
        ...languages.map((language): NeuronFileColumn => ({
            name: `probability ${language}`,
            type: 'DOUBLE',
            of: ({ probability }) => probability[language]!,
        })),
        ...languages.map((language): NeuronFileColumn => ({
            name: `count ${language}`,
            type: 'DOUBLE',
            of: ({ count }) => count[language]!,
        })),
    ];
}
