import { sum } from '../../../support/averages.js';
import { blocksOf, type ColumnSpec } from '../../siteFormat.js';
import { type NeuronTokens, type SiteTokens, tokensPath } from '../../tokensFormat.js';
import { ExploredNeurons } from './ExploredNeurons.js';
import { fetchFile, inLanes, loadColumn } from './loadColumn.js';
import type { Asked, Load, Methods, Part, Told } from './TableClient.js';
import { TokenIndex } from './TokenIndex.js';

// Holds the columns and answers questions about them, so that the page never waits for a pass over all neurons.

interface Loaded {
    readonly source: Load;
    readonly neurons: ExploredNeurons;
}

let table: Promise<Loaded> | undefined;

async function load(source: Load): Promise<Loaded> {
    const { base, classified } = source;
    const { columns, sites, languages, threshold } = source.summary;
    const wanted = [columns.scores, columns.counts, ...(columns.routed === undefined ? [] : [columns.routed])];
    const onBlock = telling('columns', sum(wanted, blocksOf));
    const read = (spec: ColumnSpec): ReturnType<typeof loadColumn> => loadColumn(base, spec, onBlock);
    const scores = await read(columns.scores);
    const routed = columns.routed && (await read(columns.routed));
    const counts = await read(columns.counts);
    const tokens = languages.map((language) => language.tokens);
    return { source, neurons: new ExploredNeurons({ sites, tokens, threshold, classified, scores, counts, routed }) };
}

async function loadTokens({ source: { base, summary }, neurons }: Loaded): Promise<void> {
    const blocks: (readonly NeuronTokens[])[] = [];
    const onBlock = telling('tokens', summary.tokenBlocks);
    await inLanes(summary.tokenBlocks, async (block) => {
        blocks[block] = ((await (await fetchFile(tokensPath(block), base)).json()) as SiteTokens).neurons;
        onBlock();
    });
    neurons.tokens = new TokenIndex(
        blocks.flat(),
        summary.languages.map(({ tag }) => tag),
    );
}

async function answer({ source, neurons }: Loaded, method: keyof Methods, args: readonly unknown[]): Promise<unknown> {
    if (method !== 'csv') return (neurons[method] as (...given: unknown[]) => unknown).apply(neurons, [...args]);
    // Read when it is first wanted.
    const { neuronsCsv } = await import('./neuronsCsv.js');
    return neuronsCsv(neurons, args[0] as Uint32Array, source.summary);
}

function tell(told: Told): void {
    postMessage(told);
}

/** Tells the share that is read, block by block. */
function telling(part: Part, total: number): () => void {
    let done = 0;
    return () => tell({ part, loaded: ++done / total });
}

/** Tells how some reading ends. */
function tellEnd(part: Part, reading: Promise<unknown>): void {
    reading.then(
        () => tell({ part, loaded: 1, ready: true }),
        (cause: unknown) => tell({ part, failed: reasonOf(cause) }),
    );
}

function reasonOf(cause: unknown): string {
    return cause instanceof Error ? cause.message : String(cause);
}

addEventListener('message', ({ data: asked }: MessageEvent<Asked>) => {
    if ('id' in asked) {
        const { id, method, args } = asked;
        table?.then(
            (ready) =>
                answer(ready, method, args).then(
                    (found) => tell({ id, answer: found }),
                    (cause: unknown) => tell({ id, refused: reasonOf(cause) }),
                ),
            () => undefined, // told when it failed
        );
    } else if (asked.load === 'tokens') {
        // Behind the columns, which are told when they fail.
        table?.then(
            (ready) => tellEnd('tokens', loadTokens(ready)),
            () => undefined,
        );
    } else {
        table = load(asked.load);
        tellEnd('columns', table);
    }
});
