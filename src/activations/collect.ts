import { mkdir, rm } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { Corpus, Sample } from '../corpus/Corpus.js';
import type { CountResult, Engine } from '../engine/Engine.js';
import { steppingDown } from '../engine/steppingDown.js';
import { LanguageNeuronsError } from '../errors.js';
import { ensureWritableFolder } from '../files.js';
import { type Progress, silent } from '../progress.js';
import { toolVersions } from '../versions.js';
import type { Activations, ActivationsSource, Counts } from './Activations.js';
import { readActivations, writeActivations } from './activationsFile.js';
import { addCounts } from './addCounts.js';
import { type CollectedPart, emptyPart, readPart, writePart } from './collectedPart.js';
import { type CorpusSurvey, surveyCorpus } from './surveyCorpus.js';

export interface CollectOptions {
    readonly engine: Engine;
    readonly corpus: Corpus;
    /** Folder that gets `activations.safetensors` and, while the work lasts, `parts/`. */
    readonly folder: string;
    /**
     * Keep the counts of this many disjoint parts of each language's texts apart (the i-th text goes to
     * part i mod folds), for the certainty of the analysis. At least 2; default: none.
     */
    readonly folds?: number | undefined;
    readonly signal?: AbortSignal | undefined;
    readonly progress?: Progress | undefined;
}

export interface CollectResult {
    readonly activations: Activations;
    /** Tokens that went through the model in this call; parts found finished cost none. */
    readonly decodedTokens: number;
    readonly seconds: number;
}

/**
 * Characters of text between two savings of a part. Chosen by text, not by time, so that a run that
 * was stopped and continued packs the same batches as one that was not, and ends with the same file.
 */
const chunkCharacters = 65_536;

/**
 * Counts a corpus, language by language, into `activations.safetensors`. Finished parts of an earlier,
 * interrupted run over the same model and texts are taken over.
 * @throws LanguageNeuronsError EMPTY, ENCODING, DAMAGED (before any counting), UNWRITABLE, ABORTED and
 * the engine's
 */
export async function collect(options: CollectOptions): Promise<CollectResult> {
    const { engine, corpus, folder, folds, signal, progress = silent } = options;
    if (folds !== undefined && !(Number.isInteger(folds) && folds >= 2 && folds <= 1000)) {
        throw new LanguageNeuronsError('WRONG_USE', `folds must be a whole number from 2 to 1000, not ${folds}`);
    }
    const begin = performance.now();
    await ensureWritableFolder(folder);
    const survey = await surveyCorpus(corpus, signal);
    for (const [language, { samples }] of survey.languages) {
        if (folds !== undefined && samples < folds) {
            throw new LanguageNeuronsError('EMPTY', `language ${language} has ${samples} texts, too few for ${folds} folds; give more texts or lower --folds`);
        }
    }
    const source = sourceOf(engine, corpus, survey);
    const path = join(folder, 'activations.safetensors');
    const seconds = (): number => (performance.now() - begin) / 1000;

    const finished = await readActivations(path).catch(() => undefined);
    if (finished !== undefined && sameWork(finished, source, corpus.languages, folds)) {
        progress.note(`${path}: already holds the counts of this model and these texts`);
        return { activations: finished, decodedTokens: 0, seconds: seconds() };
    }

    const partsFolder = join(folder, 'parts');
    await mkdir(partsFolder, { recursive: true });
    let decodedTokens = 0;
    // One part for each fold and language; without folds the whole is the only one.
    const parts: CollectedPart[][] = Array.from({ length: folds ?? 1 }, () => []);
    for (const language of corpus.languages) {
        const { characters, digest, samples } = survey.languages.get(language)!;
        progress.stage(`count ${language}`, characters);
        for (const [fold, list] of parts.entries()) {
            const suffix = folds === undefined ? '' : `.${fold}-of-${folds}`;
            const partPath = join(partsFolder, `${language}${suffix}.safetensors`);
            const key = JSON.stringify({
                digest, model: engine.fingerprint, batch: engine.requestedBatchSize, window: engine.windowSize, device: engine.backends.variant,
                ...(folds === undefined ? {} : { fold, folds }),
            });
            let part = await readPart(partPath, key) ?? emptyPart(engine.layers.map(({ width }) => width), key);
            if (part.samples > 0) {
                const all = folds === undefined ? samples : Math.ceil((samples - fold) / folds);
                progress.note(`${language}: continues after ${part.samples} of ${all} texts${folds === undefined ? '' : ` of fold ${fold + 1}`}`);
                progress.advance(part.characters);
            }
            const texts = folds === undefined ? corpus.samples(language) : everyNth(corpus.samples(language), fold, folds);
            for await (const chunk of chunks(texts, part.samples)) {
                const counted = await steppingDown(engine, progress, () => engine.count(chunk.samples, { signal, onBatch: (_, read) => progress.advance(read) }));
                decodedTokens += counted.decodedTokens;
                part = addToPart(part, chunk, counted);
                await writePart(partPath, part);
            }
            list.push(part);
        }
    }
    progress.done();
    const columns = parts.map((list) => joinParts(list));
    const activations: Activations = {
        languages: corpus.languages, ...addCounts(columns), ...(folds === undefined ? {} : { folds: columns }), source,
    };
    await writeActivations(path, activations);
    await rm(partsFolder, { recursive: true, force: true });
    return { activations, decodedTokens, seconds: seconds() };
}

interface Chunk {
    readonly samples: readonly Sample[];
    readonly characters: number;
}

/** The samples with index ≡ `fold` modulo `folds`. */
async function* everyNth(samples: AsyncIterable<Sample>, fold: number, folds: number): AsyncGenerator<Sample> {
    let index = 0;
    for await (const sample of samples) {
        if (index++ % folds === fold) yield sample;
    }
}

/** Groups samples, after the first `skip`, into chunks of at least `chunkCharacters`. */
async function* chunks(samples: AsyncIterable<Sample>, skip: number): AsyncGenerator<Chunk> {
    let group: Sample[] = [];
    let characters = 0;
    let index = 0;
    for await (const sample of samples) {
        if (index++ < skip) continue;
        group.push(sample);
        characters += sample.prompt.length + sample.response.length;
        if (characters < chunkCharacters) continue;
        yield { samples: group, characters };
        group = [];
        characters = 0;
    }
    if (group.length > 0) yield { samples: group, characters };
}

function addToPart(part: CollectedPart, chunk: Chunk, counted: CountResult): CollectedPart {
    return {
        key: part.key,
        samples: part.samples + chunk.samples.length,
        characters: part.characters + chunk.characters,
        tokens: part.tokens + counted.tokens,
        counts: part.counts.map((layer, i) => layer.map((count, j) => count + counted.counts[i]![j]!)),
    };
}

/** Interleaves one column a language into counts [n_ff, l]. */
function joinParts(parts: readonly CollectedPart[]): Counts {
    const l = parts.length;
    const counts = parts[0]!.counts.map((first, i) => {
        const joined = new BigInt64Array(first.length * l);
        for (const [k, part] of parts.entries()) {
            const column = part.counts[i]!;
            for (let j = 0; j < column.length; j++) joined[j * l + k] = column[j]!;
        }
        return joined;
    });
    return { counts, tokens: BigInt64Array.from(parts.map(({ tokens }) => tokens)) };
}

function sourceOf(engine: Engine, corpus: Corpus, survey: CorpusSurvey): ActivationsSource {
    const { name, architecture, description } = engine.info;
    return {
        model: {
            name: name === '' ? basename(engine.path) : name,
            architecture,
            quantization: description.split(' ').slice(2).join(' '), // after architecture and size
            fingerprint: engine.fingerprint,
        },
        dataset: { name: corpus.name, hash: survey.hash },
        versions: { ...toolVersions(), 'llama.cpp': engine.backends.release, backend: engine.backends.variant },
    };
}

function sameWork(activations: Activations, source: ActivationsSource, languages: readonly string[], folds: number | undefined): boolean {
    return activations.folds?.length === folds
        && activations.source.model.fingerprint === source.model.fingerprint
        && activations.source.dataset.hash === source.dataset.hash
        && activations.languages.join() === languages.join();
}
