import { loadColumn } from './loadColumn.js';
import { ExploredNeurons } from './ExploredNeurons.js';
import { blocksOf, type ColumnSpec } from '../../siteFormat.js';
import type { Asked, Load, Told } from './TableClient.js';

// Holds the columns and answers questions about them, so that the page never waits for a pass over all neurons.

let table: Promise<ExploredNeurons> | undefined;

async function load({ base, summary, classified }: Load): Promise<ExploredNeurons> {
    const { columns, sites, languages, threshold } = summary;
    const wanted = [columns.scores, columns.counts, ...(columns.routed === undefined ? [] : [columns.routed])];
    const total = wanted.reduce((sum, spec) => sum + blocksOf(spec), 0);
    let done = 0;
    const read = (spec: ColumnSpec): ReturnType<typeof loadColumn> =>
        loadColumn(base, spec, () => tell({ loaded: ++done / total }));
    const scores = await read(columns.scores);
    const routed = columns.routed && (await read(columns.routed));
    const counts = await read(columns.counts);
    return new ExploredNeurons({
        sites,
        tokens: languages.map(({ tokens }) => tokens),
        threshold,
        classified,
        scores,
        counts,
        routed,
    });
}

function tell(told: Told): void {
    postMessage(told);
}

addEventListener('message', ({ data: asked }: MessageEvent<Asked>) => {
    if ('load' in asked) {
        table = load(asked.load);
        table.then(
            () => tell({ loaded: 1, ready: true }),
            (cause: unknown) => tell({ failed: String(cause instanceof Error ? cause.message : cause) }),
        );
        return;
    }
    const { id, method, args } = asked;
    table?.then(
        (ready) => tell({ id, answer: (ready[method] as (...given: unknown[]) => unknown)(...args) }),
        () => undefined, // told when it failed
    );
});
