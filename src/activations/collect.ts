import { rm, rmdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Corpus, Sample } from '../corpus/Corpus.js';
import { datasetName } from '../corpus/datasetName.js';
import type { Engine } from '../engine/Engine.js';
import type { CountResult } from '../engine/engineTypes.js';
import { steppingDown } from '../engine/steppingDown.js';
import { areDense, type Site } from '../engine/Site.js';
import { defined } from '../support/defined.js';
import { LanguageNeuronsError } from '../errors.js';
import { checkInFolder, ensureSubfolder } from '../files/fileAccess.js';
import { withFile, withFolder } from '../files/folderLock.js';
import { checkSettings } from '../settings/checkSetting.js';
import { collectTable } from '../settings/settings.js';
import { keyOf } from '../support/keyOf.js';
import { asPrompts } from '../questions/chatSamples.js';
import { type Progress, silent } from '../support/progress.js';
import type { Activations, Counts } from './Activations.js';
import type { ActivationsSource } from './ActivationsSource.js';
import { activationsPath, readActivations, writeActivations } from './activationsFile.js';
import { addCounts, addTo } from './addCounts.js';
import { checkReplaces } from './checkReplaces.js';
import { type CollectedPart, emptyPart, readPart, writePart } from './collectedPart.js';
import { fewTokens } from './fewTokens.js';
import { engineVersions, modelSource } from './modelSource.js';
import { isOwn, type Shard, shardName, shardText } from './Shard.js';
import { repeatedTextsNote } from './repeatedTextsNote.js';
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
    /**
     * Count only this shard of the texts, into a file of its own, `activations.shard-I-of-N.safetensors`; others may be
     * counted into the same folder meanwhile. See `mergeShards`. Default: all.
     */
    readonly shard?: Shard | undefined;
    /** Put the counts in the place of finished ones of another model, other texts or settings. Default: refuse. */
    readonly force?: boolean | undefined;
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

/** A bin is 32 bits. */
const mostBinned = 2n ** 32n - 1n;

/**
 * Counts a corpus, language by language, into `activations.safetensors`. Finished parts of an earlier,
 * interrupted run over the same model, texts and settings are taken over.
 * @throws LanguageNeuronsError EMPTY, ENCODING, DAMAGED (before any counting), MISMATCH where the folder holds other
 * finished counts, BUSY, UNWRITABLE, ABORTED and the engine's
 */
export async function collect(options: CollectOptions): Promise<CollectResult> {
    const { folder, shard } = options;
    checkSettings(options, collectTable);
    if (shard === undefined) return withFolder(folder, 'collect', () => collectInto(options));
    return withFile(activationsPath(folder, shard), `collect \`shard: ${shardText(shard)}\``, () =>
        collectInto(options),
    );
}

async function collectInto({
    engine,
    corpus,
    folder,
    folds,
    shard,
    force = false,
    signal,
    progress = silent,
}: CollectOptions): Promise<CollectResult> {
    const begin = performance.now();
    const seconds = (): number => (performance.now() - begin) / 1000;
    const resultPath = activationsPath(folder, shard);
    const survey = await surveyCorpus(corpus, signal, folds);
    for (const [language, { samples }] of survey.languages) {
        if (folds !== undefined && samples < folds) {
            throw new LanguageNeuronsError(
                'EMPTY',
                `language ${language} has ${samples} texts, too few for ${folds} folds; ` +
                    'give more texts or lower `folds`',
            );
        }
    }
    const repeated = repeatedTextsNote(
        new Map([...survey.languages].map(([language, { inSeveralFolds = 0 }]) => [language, inSeveralFolds])),
    );
    if (repeated !== undefined) progress.note(`warning: ${repeated}`);
    await checkInFolder(join(folder, 'parts'));
    const source = sourceOf({ engine, corpus, survey, folder, folds, shard });
    const { isThere, differences } = await checkReplaces(resultPath, { languages: corpus.languages, source }, force);
    /** Where the part of a language, or of a fold of it, is kept while it grows, and the key of what it is. */
    const partOf = (language: string, fold: number): { readonly path: string; readonly key: string } => {
        const { digest } = survey.languages.get(language)!;
        const key = keyOf({
            model: engine.fingerprint,
            settings: engine.settings,
            digest,
            ...(folds === undefined ? {} : { fold, folds }),
            ...(shard === undefined ? {} : { shard: shardName(shard) }),
        });
        const name = [
            language,
            ...(folds === undefined ? [] : [`${fold}-of-${folds}`]),
            ...(shard === undefined ? [] : [`shard-${shardName(shard)}`]),
        ].join('.');
        return { path: join(folder, 'parts', `${name}.${key}.safetensors`), key };
    };
    // Parts of other settings stay; what cannot be removed now is the next time.
    const removeParts = async (): Promise<void> => {
        for (const language of corpus.languages) {
            for (let fold = 0; fold < (folds ?? 1); fold++)
                await rm(partOf(language, fold).path, { force: true }).catch(() => undefined);
        }
        await rmdir(join(folder, 'parts')).catch(() => undefined);
    };
    if (isThere) {
        await removeParts();
        progress.note(`${resultPath}: already holds the counts of this model and these texts`);
        const activations = await readActivations(resultPath);
        noteFewTokens(activations);
        return { activations, decodedTokens: 0, seconds: seconds() };
    }
    if (differences.length > 0)
        progress.note(`${resultPath}: is replaced when all is counted; it differs: ${differences.join(', ')}`);

    await ensureSubfolder(folder, 'parts');
    let decodedTokens = 0;
    // One part for each fold and language; without folds the whole is the only one.
    const parts: CollectedPart[][] = Array.from({ length: folds ?? 1 }, () => []);
    const ownShare = 1 / (shard?.total ?? 1);
    progress.whole?.([...survey.languages.values()].reduce((sum, { characters }) => sum + characters, 0) * ownShare);
    for (const [place, language] of corpus.languages.entries()) {
        const { characters, samples } = survey.languages.get(language)!;
        // Chunks go round the shards, and each language begins with another one.
        const isOwnChunk = (chunk: number): boolean => isOwn(shard, chunk + place);
        progress.stage(`count ${language}`, Math.ceil(characters * ownShare));
        const growing = await Promise.all(
            parts.map(async (_, fold): Promise<GrowingPart> => {
                const { path, key } = partOf(language, fold);
                const part = (await readPart(path, key)) ?? emptyPart(engine.sites, key, engine.settings.values);
                return { path, part, skip: part.samples };
            }),
        );
        const found = growing.reduce((sum, { skip }) => sum + skip, 0);
        if (found > 0) {
            progress.note(`${language}: continues after ${found} of ${samples} texts`);
            progress.advance(growing.reduce((sum, { part }) => sum + part.characters, 0));
        }
        if (found < samples) {
            // The texts are read once for all folds.
            for await (const { to, ...chunk } of chunks(corpus.samples(language), growing, isOwnChunk)) {
                const counted = await steppingDown(engine, progress, () =>
                    engine.count(asPrompts(engine, chunk.samples), {
                        signal,
                        onBatch: (_, read) => progress.advance(read),
                    }),
                );
                decodedTokens += counted.decodedTokens;
                to.part = addToPart(to.part, chunk, counted);
                await writePart(to.path, to.part);
            }
        }
        for (const [fold, { part }] of growing.entries()) parts[fold]!.push(part);
    }
    progress.done();
    const columns = parts.map((list) => joinParts(list, engine.binEdges));
    const activations: Activations = {
        languages: corpus.languages,
        ...defined({ sites: siteTable(engine) }),
        ...addCounts(columns),
        // The certainty of an analysis asks for counts alone.
        ...(folds === undefined ? {} : { folds: columns.map(({ values: _, ...counts }) => counts) }),
        source,
    };
    await writeActivations(resultPath, activations);
    await removeParts();
    noteFewTokens(activations);
    return { activations, decodedTokens, seconds: seconds() };

    function noteFewTokens(counted: Activations): void {
        const line = shard === undefined ? fewTokens(counted) : undefined;
        if (line !== undefined) progress.note(line);
    }
}

/** What has been counted of one language, or of a fold of it, and where it is kept. */
interface GrowingPart {
    readonly path: string;
    part: CollectedPart;
    /** Texts that it began with. */
    readonly skip: number;
}

interface Chunk {
    readonly samples: readonly Sample[];
    readonly characters: number;
}

/**
 * Deals samples to the parts in turn, in chunks of at least `chunkCharacters`: those of this shard, by their numbers,
 * but for what each part has already.
 */
async function* chunks(
    samples: AsyncIterable<Sample>,
    parts: readonly GrowingPart[],
    isOwnChunk: (chunk: number) => boolean,
): AsyncGenerator<Chunk & { readonly to: GrowingPart }> {
    const open = parts.map((to) => ({ to, samples: [] as Sample[], characters: 0, number: 0, left: to.skip }));
    let index = 0;
    for await (const sample of samples) {
        const group = open[index++ % parts.length]!;
        group.samples.push(sample);
        group.characters += sample.prompt.length + sample.response.length;
        if (group.characters < chunkCharacters) continue;
        if (takes(group, isOwnChunk)) yield { to: group.to, samples: group.samples, characters: group.characters };
        Object.assign(group, { samples: [], characters: 0, number: group.number + 1 });
    }
    for (const group of open) if (group.samples.length > 0 && takes(group, isOwnChunk)) yield group;
}

/** Whether a chunk is this shard's and not there yet. */
function takes(
    group: { readonly samples: readonly Sample[]; readonly number: number; left: number },
    isOwnChunk: (chunk: number) => boolean,
): boolean {
    if (!isOwnChunk(group.number)) return false;
    const there = group.left >= group.samples.length;
    if (there) group.left -= group.samples.length;
    return !there;
}

function addToPart(part: CollectedPart, chunk: Chunk, counted: CountResult): CollectedPart {
    return {
        key: part.key,
        samples: part.samples + chunk.samples.length,
        characters: part.characters + chunk.characters,
        tokens: part.tokens + counted.tokens,
        counts: part.counts.map((site, i) => site.map((count, j) => count + counted.counts[i]![j]!)),
        routed: part.routed.map((site, i) => site.map((count, j) => count + counted.routed[i]![j]!)),
        ...(part.values === undefined
            ? {}
            : {
                  values: {
                      sums: part.values.sums.map((site, i) => site.map((sum, j) => sum + counted.sums[i]![j]!)),
                      histograms: part.values.histograms.map((site, i) => {
                          const total = site.slice();
                          addTo(total, counted.histograms[i]!);
                          return total;
                      }),
                  },
              }),
    };
}

/**
 * Interleaves one column a language into counts and sums [neurons, l], and into [experts, l] and [neurons, l, bins].
 * @throws LanguageNeuronsError UNSUPPORTED for values of more tokens than a bin can count
 */
function joinParts(parts: readonly CollectedPart[], edges: readonly number[]): Counts {
    const l = parts.length;
    const bins = edges.length;
    const join = (columnOf: (part: CollectedPart) => BigInt64Array): BigInt64Array => {
        const joined = new BigInt64Array(columnOf(parts[0]!).length * l);
        for (const [k, part] of parts.entries()) {
            const column = columnOf(part);
            for (let j = 0; j < column.length; j++) joined[j * l + k] = column[j]!;
        }
        return joined;
    };
    const joinBins = (i: number): Uint32Array => {
        const joined = new Uint32Array(parts[0]!.values!.histograms[i]!.length * l);
        for (const [k, { values }] of parts.entries()) {
            const column = values!.histograms[i]!;
            for (let j = 0; j * bins < column.length; j++)
                joined.set(column.subarray(j * bins, (j + 1) * bins), (j * l + k) * bins);
        }
        return joined;
    };
    const [{ counts, routed, values }] = parts as readonly [CollectedPart];
    if (values !== undefined && parts.some(({ tokens }) => tokens > mostBinned)) {
        throw new LanguageNeuronsError(
            'UNSUPPORTED',
            `values are kept of at most ${mostBinned} tokens a language; ` +
                'give fewer texts, or collect without `values`',
        );
    }
    return {
        counts: counts.map((_, i) => join((part) => part.counts[i]!)),
        ...(routed.every(({ length }) => length === 0)
            ? {}
            : { routed: routed.map((_, i) => join((part) => part.routed[i]!)) }),
        tokens: BigInt64Array.from(parts.map(({ tokens }) => tokens)),
        ...(values === undefined
            ? {}
            : {
                  values: {
                      sums: values.sums.map((_, i) => join((part) => part.values!.sums[i]!)),
                      histograms: values.histograms.map((_, i) => joinBins(i)),
                      edges,
                  },
              }),
    };
}

/** The engine's sites as files hold them; undefined for those of a dense model, which need no table. */
function siteTable({ sites }: Engine): Site[] | undefined {
    if (areDense(sites)) return undefined;
    return sites.map(({ layer, kind, width, experts, activation, gated }) => ({
        layer,
        kind,
        width,
        experts,
        activation,
        gated,
    }));
}

function sourceOf({
    engine,
    corpus,
    survey,
    folder,
    folds = 0,
    shard,
}: {
    readonly engine: Engine;
    readonly corpus: Corpus;
    readonly survey: CorpusSurvey;
    readonly folder: string;
    readonly folds: number | undefined;
    readonly shard: Shard | undefined;
}): ActivationsSource {
    const texts = [...survey.languages].map(
        ([language, { digest, set, sketch, inSeveralFolds }]) =>
            [language, { digest, set, sketch, ...defined({ inSeveralFolds }) }] as const,
    );
    return {
        model: modelSource(engine),
        dataset: { name: datasetName(corpus.sources, folder), hash: survey.hash, texts: Object.fromEntries(texts) },
        settings: { ...engine.settings, folds, ...(shard === undefined ? {} : { shard: shardText(shard) }) },
        versions: engineVersions(engine),
    };
}
