import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Corpus } from '../corpus/Corpus.js';
import { datasetName } from '../corpus/datasetName.js';
import { type Transform, transformedCorpus } from '../corpus/transformedCorpus.js';
import type { Engine } from '../engine/Engine.js';
import { settingsOf } from '../engine/types/EngineSettings.js';
import { steppingDown } from '../engine/steppingDown.js';
import { areDense, type Site } from '../engine/types/Site.js';
import { sum } from '../support/averages.js';
import { defined } from '../support/defined.js';
import { formatQuantity } from '../support/format.js';
import { LanguageNeuronsError } from '../errors.js';
import { checkInFolder, ensureSubfolder } from '../files/fileAccess.js';
import { withFile, withFolder } from '../files/folderLock.js';
import { leaveShared, writeShared } from '../files/sharedSubfolder.js';
import { checkSettings } from '../settings/checkSetting.js';
import { collectTable, outputTable } from '../settings/settings.js';
import { keyOf } from '../support/keyOf.js';
import { asPrompts } from '../questions/templates/chatSamples.js';
import { type Progress, silent, type WorkOptions } from '../support/progress.js';
import type { Activations } from './Activations.js';
import type { ActivationsSource } from './ActivationsSource.js';
import { activationsPath, readActivations, writeActivations } from './activationsFile.js';
import { addCounts } from './addCounts.js';
import { checkReplaces } from './checkReplaces.js';
import { addToPart, type CollectedPart, emptyPart, joinParts, readPart, writePart } from './collectedPart.js';
import { fewTokens } from './fewTokens.js';
import { engineVersions, modelSource } from './modelSource.js';
import { isOwn, type Shard, shardName, shardText } from './Shard.js';
import { repeatedTextsNote } from './repeatedTextsNote.js';
import { type CorpusSurvey, surveyCorpus } from './surveyCorpus.js';
import { textChunks } from './textChunks.js';

/** @inline */
export interface CollectOptions extends WorkOptions {
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
    /** Count rewritten texts; see `transformedCorpus`. Default: the texts as they are. */
    readonly transform?: Transform | undefined;
    /** Seed by which words are shuffled and tokens are drawn. Default: 1. */
    readonly transformSeed?: number | undefined;
    /** Replace finished counts of another model, other texts or settings. Default: refuse. */
    readonly force?: boolean | undefined;
}

export interface CollectResult {
    readonly activations: Activations;
    /** Tokens that the model computed in this call; parts that were finished before cost none. */
    readonly decodedTokens: number;
    readonly seconds: number;
}

/**
 * Counts a corpus, language by language, into `activations.safetensors`. Finished parts of an earlier,
 * interrupted run over the same model, texts and settings are taken over.
 * @throws LanguageNeuronsError EMPTY, ENCODING, DAMAGED (before any counting), MISMATCH where the folder holds other
 * finished counts, BUSY, UNWRITABLE, ABORTED and the engine's
 */
export async function collect(options: CollectOptions): Promise<CollectResult> {
    const { values: _, ...table } = collectTable; // the engine's
    checkSettings(
        options,
        { ...table, force: outputTable.force },
        { engine: true, corpus: true, folder: true, shard: true, signal: true, progress: true },
    );
    const { engine, corpus, folder, shard, transform, transformSeed = collectTable.transformSeed.default } = options;
    const work =
        transform === undefined
            ? options
            : { ...options, corpus: transformedCorpus(corpus, transform, transformSeed, engine) };
    if (shard === undefined) return withFolder(folder, 'collect', () => collectInto(work));
    return withFile(activationsPath(folder, shard), `collect \`shard: ${shardText(shard)}\``, () => collectInto(work));
}

async function collectInto(options: CollectOptions): Promise<CollectResult> {
    const { corpus, folder, folds, shard, force = false, signal, progress = silent } = options;
    const begin = performance.now();
    const resultPath = activationsPath(folder, shard);
    const survey = await surveyCorpus(corpus, signal, folds);
    checkFolds(survey, folds);
    noteRepeated(survey, progress);
    await checkInFolder(join(folder, 'parts'));
    const source = sourceOf(options, survey);
    const { isThere, differences } = await checkReplaces(resultPath, { languages: corpus.languages, source }, force);
    const work: Work = { ...options, survey, progress, folds: folds ?? 1 };
    let activations: Activations;
    let decodedTokens = 0;
    if (isThere) {
        await removeParts(work);
        progress.note(`${resultPath}: already holds the counts of this model and these texts`);
        activations = await readActivations(resultPath);
    } else {
        if (differences.length > 0)
            progress.note(
                `${resultPath}: will be replaced once all is counted; it differs in ${differences.join(', ')}`,
            );
        const counted = await countAll(work);
        ({ decodedTokens } = counted);
        activations = activationsOf(options, counted.parts, source);
        await writeActivations(resultPath, activations);
        await removeParts(work);
    }
    const few = shard === undefined ? fewTokens(activations) : undefined;
    if (few !== undefined) progress.note(few);
    return { activations, decodedTokens, seconds: (performance.now() - begin) / 1000 };
}

/** The work that is left once the texts are read. */
interface Work extends CollectOptions {
    readonly survey: CorpusSurvey;
    readonly progress: Progress;
    /** Parts of each language: 1 without folds. */
    readonly folds: number;
}

/** @throws LanguageNeuronsError EMPTY for a language with fewer texts than folds */
export function checkFolds({ languages }: CorpusSurvey, folds: number | undefined): void {
    for (const [language, { samples }] of languages) {
        if (folds !== undefined && samples < folds) {
            throw new LanguageNeuronsError(
                'EMPTY',
                `language ${language} has ${formatQuantity(samples, 'text')}, too few for ${folds} folds; ` +
                    'give more texts or lower `folds`',
            );
        }
    }
}

/** Warns of texts that are in several folds. */
function noteRepeated({ languages }: CorpusSurvey, progress: Progress): void {
    const repeated = repeatedTextsNote(
        new Map([...languages].map(([language, { inSeveralFolds = 0 }]) => [language, inSeveralFolds])),
    );
    if (repeated !== undefined) progress.note(`warning: ${repeated}`);
}

/** Path and key of the growing part of a language, or of one of its folds. */
function partOf(
    { engine, survey, folder, folds, shard }: Work,
    language: string,
    fold: number,
): { readonly path: string; readonly key: string } {
    const key = keyOf({
        model: engine.fingerprint,
        settings: settingsOf('counts', engine.settings),
        digest: survey.languages.get(language)!.digest,
        ...(folds === 1 ? {} : { fold, folds }),
        ...(shard === undefined ? {} : { shard: shardName(shard) }),
    });
    const name = [
        language,
        ...(folds === 1 ? [] : [`${fold}-of-${folds}`]),
        ...(shard === undefined ? [] : [`shard-${shardName(shard)}`]),
    ].join('.');
    return { path: join(folder, 'parts', `${name}.${key}.safetensors`), key };
}

/** Parts of other settings stay; a part that cannot be removed now is removed the next time. */
async function removeParts(work: Work): Promise<void> {
    for (const language of work.corpus.languages) {
        for (let fold = 0; fold < work.folds; fold++)
            await rm(partOf(work, language, fold).path, { force: true }).catch(() => undefined);
    }
    await leaveShared(join(work.folder, 'parts'));
}

/** Counts language by language: of each fold one part a language. */
async function countAll(
    work: Work,
): Promise<{ readonly parts: readonly (readonly CollectedPart[])[]; readonly decodedTokens: number }> {
    const { corpus, folder, folds, shard, survey, progress } = work;
    await ensureSubfolder(folder, 'parts');
    const parts: CollectedPart[][] = Array.from({ length: folds }, () => []);
    let decodedTokens = 0;
    const ownShare = 1 / (shard?.total ?? 1);
    progress.whole?.(sum([...survey.languages.values()], ({ characters }) => characters) * ownShare);
    for (const [place, language] of corpus.languages.entries()) {
        const characters = Math.ceil(survey.languages.get(language)!.characters * ownShare);
        progress.stage(`count ${language} (${place + 1} of ${corpus.languages.length})`, characters);
        // Chunks go round the shards, and each language begins with another one.
        const counted = await countLanguage(work, language, (chunk) => isOwn(shard, chunk + place));
        decodedTokens += counted.decodedTokens;
        for (const [fold, part] of counted.parts.entries()) parts[fold]!.push(part);
    }
    progress.done();
    return { parts, decodedTokens };
}

/** The parts of one language, a part a fold: those that are there already, and what follows them. */
async function countLanguage(
    work: Work,
    language: string,
    isOwnChunk: (chunk: number) => boolean,
): Promise<{ readonly parts: readonly CollectedPart[]; readonly decodedTokens: number }> {
    const { engine, corpus, folds, survey, signal, progress } = work;
    const { samples } = survey.languages.get(language)!;
    const growing = await Promise.all(
        Array.from({ length: folds }, async (_, fold): Promise<GrowingPart> => {
            const { path, key } = partOf(work, language, fold);
            const part = (await readPart(path, key)) ?? emptyPart(engine.sites, key, engine.settings.values);
            return { path, part, skip: part.samples };
        }),
    );
    const found = sum(growing, ({ skip }) => skip);
    if (found > 0) {
        progress.note(`${language}: continues after ${found} of ${samples} texts`);
        progress.advance(sum(growing, ({ part }) => part.characters));
    }
    let decodedTokens = 0;
    if (found < samples) {
        // The texts are read once for all folds.
        for await (const { to, ...chunk } of textChunks(corpus.samples(language), growing, isOwnChunk)) {
            const counted = await steppingDown(engine, progress, () =>
                engine.count(asPrompts(engine, chunk.samples), {
                    signal,
                    onBatch: (tokens, read) => progress.advance(read, tokens),
                }),
            );
            decodedTokens += counted.decodedTokens;
            to.part = addToPart(to.part, chunk, counted);
            await writeShared(to.path, (path) => writePart(path, to.part));
        }
    }
    return { parts: growing.map(({ part }) => part), decodedTokens };
}

/** @param parts of each fold one a language; without folds the whole is the only one */
function activationsOf(
    { engine, corpus, folds }: CollectOptions,
    parts: readonly (readonly CollectedPart[])[],
    source: ActivationsSource,
): Activations {
    const columns = parts.map((list) => joinParts(list, engine.binEdges));
    return {
        languages: corpus.languages,
        ...defined({ sites: siteTable(engine) }),
        ...addCounts(columns),
        // The certainty of an analysis asks for counts alone.
        ...(folds === undefined ? {} : { folds: columns.map(({ values: _, ...counts }) => counts) }),
        source,
    };
}

/** The counted part of one language, or of one of its folds, and its path. */
interface GrowingPart {
    readonly path: string;
    part: CollectedPart;
    /** Number of texts that were counted before this call. */
    readonly skip: number;
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

/** The source of the counts of a pass over a corpus. */
export function sourceOf(
    {
        engine,
        corpus,
        folder,
        folds = 0,
        shard,
    }: Pick<CollectOptions, 'engine' | 'corpus' | 'folder' | 'folds' | 'shard'>,
    survey: CorpusSurvey,
): ActivationsSource {
    const { transform } = corpus;
    const texts = [...survey.languages].map(
        ([language, { digest, set, sketch, asked, inSeveralFolds }]) =>
            [language, { digest, set, sketch, ...defined({ asked, inSeveralFolds }) }] as const,
    );
    return {
        model: modelSource(engine),
        dataset: {
            name: `${datasetName(corpus.sources, folder)}${transform === undefined ? '' : ` (${transform})`}`,
            ...{ hash: survey.hash, texts: Object.fromEntries(texts) },
        },
        settings: {
            ...{ ...engine.settings, folds },
            ...(shard === undefined ? {} : { shard: shardText(shard) }),
            ...defined({ transform }),
        },
        versions: engineVersions(engine),
    };
}
