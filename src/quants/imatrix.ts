import { join } from 'node:path';
import { surveyCorpus } from '../activations/surveyCorpus.js';
import type { Corpus } from '../corpus/Corpus.js';
import { datasetName } from '../corpus/datasetName.js';
import type { Engine } from '../engine/Engine.js';
import { writeImatrix } from '../engine/quantize.js';
import { steppingDown } from '../engine/steppingDown.js';
import { LanguageNeuronsError } from '../errors.js';
import { ensureSubfolder } from '../files/fileAccess.js';
import { placed } from '../files/placed.js';
import { readGguf } from '../gguf/GgufFile.js';
import { sum } from '../support/averages.js';
import { keyOf } from '../support/keyOf.js';
import type { Work } from '../support/progress.js';

/** An importance matrix on disk. */
export interface ImatrixOnDisk {
    readonly path: string;
    /** What files that are made with it call it. */
    readonly name: string;
    /** Of the model and the texts. */
    readonly key: string;
    readonly languages: readonly string[];
}

interface ImatrixOptions extends Work {
    readonly engine: Engine;
    /** The texts, of the languages that the matrix is of. */
    readonly corpus: Corpus;
    /** Gets the subfolder `imatrix`. */
    readonly folder: string;
}

/** Tokens of a chunk, by which llama-imatrix counts texts; its own default. */
const chunkSize = 512;

/**
 * Makes an importance matrix: the texts go through the model, and for each matrix of weights the squares of its inputs
 * are added up, as llama-imatrix does. One of the same model and texts that is there already is kept.
 * @throws LanguageNeuronsError EMPTY where the texts have no token; UNWRITABLE, ABORTED and the engine's
 */
export async function makeImatrix(options: ImatrixOptions): Promise<ImatrixOnDisk> {
    const { engine, corpus, folder, signal, progress } = options;
    const { languages } = corpus;
    const survey = await surveyCorpus(corpus, signal);
    const key = keyOf({ model: engine.fingerprint, texts: survey.hash, window: engine.windowSize, chunkSize });
    const name = `${languages.join('+')}.${key}.gguf`;
    const path = join(await ensureSubfolder(folder, 'imatrix'), name);
    const found = { path, name, key, languages };
    if (await isWhole(path)) {
        progress.note(`${path}: already is the importance matrix of this model and these texts`);
        return found;
    }
    const characters = sum([...survey.languages.values()], (one) => one.characters);
    progress.whole?.(characters);
    progress.stage(`importance matrix of ${languages.join(', ')}`, characters);
    const onBatch = (tokens: number, read: number): void => progress.advance(read, tokens);
    const { entries, decodedTokens } = await steppingDown(engine, progress, () =>
        engine.inputSquares(samplesOf(corpus), { signal, onBatch }),
    );
    if (decodedTokens === 0 || entries.length === 0) {
        const what = `${corpus.name}: no token of ${languages.join(', ')} went through the model`;
        throw new LanguageNeuronsError('EMPTY', `${what}; give longer texts`);
    }
    const datasets = [`${datasetName(corpus.sources, folder)} (${languages.join(', ')})`];
    const chunks = Math.max(1, Math.floor(decodedTokens / chunkSize));
    await placed(path, async (temporary) => {
        await writeImatrix(temporary, entries, { datasets, chunkSize, chunks });
        await readGguf(temporary); // refuses a file that was cut, as by a full disk
    });
    progress.done();
    return found;
}

async function isWhole(path: string): Promise<boolean> {
    return readGguf(path).then(
        () => true,
        () => false,
    );
}

async function* samplesOf(corpus: Corpus) {
    for (const language of corpus.languages) yield* corpus.samples(language);
}
