import { join } from 'node:path';
import type { Activations } from '../activations/Activations.js';
import { collect } from '../activations/collect.js';
import { surveyCorpus } from '../activations/surveyCorpus.js';
import type { Transform } from '../corpus/transformedCorpus.js';
import { untrainedModel } from '../export/untrainedModel.js';
import { ensureSubfolder } from '../files/fileAccess.js';
import { checksName } from './checkFile.js';
import type { CheckContext } from './Check.js';

/** Counts of texts, or of a model, in which there is less to find, or nothing. */
export interface NullCounts {
    readonly name: string;
    readonly transform: Transform | undefined;
    /** Whether whatever is found there is found by chance: the languages do not differ, or the model knows none. */
    readonly empty: boolean;
    /** Counts of another model than the one analysed. */
    readonly untrained: boolean;
}

/** In the order of the table. */
export const nulls: readonly NullCounts[] = [
    { name: 'the texts again', transform: undefined, empty: false, untrained: false },
    { name: 'untrained model', transform: undefined, empty: true, untrained: true },
    { name: 'random tokens, pooled', transform: 'pooled', empty: true, untrained: false },
    { name: 'random tokens of the language', transform: 'random', empty: false, untrained: false },
    { name: 'words shuffled', transform: 'shuffled', empty: false, untrained: false },
    { name: 'romanized', transform: 'romanized', empty: false, untrained: false },
];

/**
 * Counts a null into a folder of its own in the checks' folder; what is there already is not counted again. Yields
 * undefined for the texts themselves where the analysis is of them.
 */
export async function nullCounts(
    { transform, untrained }: NullCounts,
    { folder, activations, settings, engine, corpus, progress, signal }: CheckContext,
): Promise<Activations | undefined> {
    const texts = await corpus();
    const plain = transform === undefined && !untrained;
    if (plain && (await surveyCorpus(texts, signal)).hash === activations.source.dataset.hash) return undefined;
    const { path } = await engine();
    const { seed } = settings;
    const model = untrained ? await untrainedModel({ model: path, seed, signal, progress }) : undefined;
    const name = untrained ? 'untrained' : (transform ?? 'plain');
    await ensureSubfolder(join(folder, checksName), 'nulls');
    const counted = await collect({
        engine: await engine(model === undefined ? {} : { model, loras: [] }),
        ...{ corpus: texts, folder: join(folder, checksName, 'nulls', name) },
        ...(transform === undefined ? {} : { transform }),
        ...(transform === undefined || transform === 'romanized' ? {} : { transformSeed: seed }),
        ...{ force: true, signal, progress },
    });
    return counted.activations;
}
