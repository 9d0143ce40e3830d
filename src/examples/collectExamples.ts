import { createHash } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { sourceOf } from '../activations/collect.js';
import { isOwn, type Shard, shardName, shardText } from '../activations/Shard.js';
import { type CorpusSurvey, surveyCorpus } from '../activations/surveyCorpus.js';
import { type TextChunk, textChunks } from '../activations/textChunks.js';
import type { Corpus, Sample } from '../corpus/Corpus.js';
import type { Engine } from '../engine/Engine.js';
import { steppingDown } from '../engine/steppingDown.js';
import { LanguageNeuronsError } from '../errors.js';
import { checkModel } from '../experiments/conditions/checkFit.js';
import { ensureSubfolder } from '../files/fileAccess.js';
import { withFile, withFolder } from '../files/folderLock.js';
import { leaveShared } from '../files/sharedSubfolder.js';
import type { NeuronAnalysis, NeuronIndex } from '../neurons/analysis/NeuronAnalysis.js';
import { asPrompts } from '../questions/templates/chatSamples.js';
import { checkSettings } from '../settings/checkSetting.js';
import type { OptionsOf } from '../settings/Setting.js';
import { examplesTable, outputTable } from '../settings/settings.js';
import { sum } from '../support/averages.js';
import { keyOf } from '../support/keyOf.js';
import { type Progress, silent, type WorkOptions } from '../support/progress.js';
import { ChunkTally } from './ChunkTally.js';
import { checkReplaced, type ExamplesHead, examplesPath, readExamplesHead } from './examplesFile.js';
import { GrowingExamples } from './GrowingExamples.js';
import { windowRows } from './TextWindow.js';
import { TokenKinds } from './TokenKinds.js';
import { checkNeurons, watchedNeurons } from './watchedNeurons.js';

/** @inline */
export interface CollectExamplesOptions extends OptionsOf<typeof examplesTable>, WorkOptions {
    readonly engine: Engine;
    /** Of this model, unless `force` is given. */
    readonly analysis: NeuronAnalysis;
    readonly corpus: Corpus;
    /** Run folder that gets `examples.safetensors` and, while the work lasts, `parts/`. */
    readonly folder: string;
    /** Which neurons. Default: all specific and related ones, and some general ones. */
    readonly neurons?: readonly NeuronIndex[] | undefined;
    /** Only this shard of the texts, into a file of its own. See `mergeExamples`. Default: all. */
    readonly shard?: Shard | undefined;
    /** Replace finished examples of other neurons, texts or settings; take another model. Default: refuse. */
    readonly force?: boolean | undefined;
}

/** What was written. */
export interface CollectedExamples {
    readonly path: string;
    readonly head: ExamplesHead;
    /** Whether the file held these examples already. */
    readonly wasThere: boolean;
    readonly seconds: number;
}

/**
 * Finds the tokens that make neurons active: of each neuron the strongest in each language with what stands around
 * them, some from each fifth of its activations, and how these spread over languages, scripts and beginnings of words.
 * One pass over the texts; memory grows with neurons and languages, not with the texts. Stopped, it continues.
 * @throws LanguageNeuronsError EMPTY, MISMATCH for another model, or where the folder holds other finished examples;
 * WRONG_USE, BUSY, UNWRITABLE, ABORTED and the engine's
 */
export async function collectExamples(options: CollectExamplesOptions): Promise<CollectedExamples> {
    const { engine, analysis, corpus, folder, shard, force } = options;
    checkSettings(
        options,
        { ...examplesTable, force: outputTable.force },
        {
            ...{ engine: true, analysis: true, corpus: true, folder: true, neurons: true, shard: true },
            ...{ signal: true, progress: true },
        },
    );
    checkModel({ engine, analysis, otherModel: force });
    const missing = corpus.languages.filter((language) => !analysis.languages.includes(language));
    if (missing.length > 0) {
        const among = `the analysed languages (${analysis.languages.join(', ')})`;
        throw new LanguageNeuronsError(
            'MISMATCH',
            `${corpus.name}: ${missing.join(', ')} missing from ${among}; choose languages with \`languages\``,
        );
    }
    if (shard === undefined) return withFolder(folder, 'examples', () => collectInto(options));
    return withFile(examplesPath(folder, shard), `examples \`shard: ${shardText(shard)}\``, () => collectInto(options));
}

async function collectInto(options: CollectExamplesOptions): Promise<CollectedExamples> {
    const { folder, shard, force = false, signal, progress = silent } = options;
    const begin = performance.now();
    const path = examplesPath(folder, shard);
    const survey = await surveyCorpus(options.corpus, signal);
    const head = headOf(options, survey);
    const had = await readExamplesHead(path);
    const seconds = (): number => (performance.now() - begin) / 1000;
    if (had?.key === head.key) {
        progress.note(`${path}: already holds the examples of these neurons and texts`);
        return { path, head: had, wasThere: true, seconds: seconds() };
    }
    checkReplaced(path, had, force);
    const parts = await ensureSubfolder(folder, 'parts');
    const name = ['examples', ...(shard === undefined ? [] : [`shard-${shardName(shard)}`]), head.key].join('.');
    const part = join(parts, `${name}.safetensors`);
    const growing = await GrowingExamples.open(part, head);
    await watchAll(options, survey, growing);
    const finished = await growing.write(path, shard === undefined);
    await rm(part, { force: true }).catch(() => undefined);
    await leaveShared(parts);
    return { path, head: finished, wasThere: false, seconds: seconds() };
}

/** What a file of examples says before anything is found. */
function headOf(options: CollectExamplesOptions, survey: CorpusSurvey): ExamplesHead {
    const { engine, analysis, corpus } = options;
    const { seed = examplesTable.seed.default, general = examplesTable.general.default } = options;
    const neurons = checkNeurons(options.neurons ?? watchedNeurons(analysis, { general, seed }), analysis);
    const key = keyOf({
        model: engine.fingerprint,
        settings: engine.settings,
        digests: corpus.languages.map((language) => [language, survey.languages.get(language)!.digest]),
        ...{ seed, neurons },
    });
    return {
        languages: corpus.languages,
        sites: engine.sites.map(({ layer, kind, width, experts }) => ({ layer, kind, width, experts })),
        neurons,
        edges: [0, ...engine.binEdges.filter((edge) => edge > 0)],
        seed,
        tokens: Object.fromEntries(corpus.languages.map((language) => [language, 0])),
        kinds: {},
        wordBeginnings: 0,
        vocabulary: [],
        strongest: [],
        source: sourceOf(options, survey),
        key,
        done: {},
    };
}

/** Goes through the texts that are not in yet, language by language. */
async function watchAll(
    options: CollectExamplesOptions,
    survey: CorpusSurvey,
    growing: GrowingExamples,
): Promise<void> {
    const { engine, corpus, shard, signal, progress = silent } = options;
    const texts = await engine.tokenTexts();
    const kinds = new TokenKinds(texts);
    const charactersOf = (language: string): number =>
        Math.ceil(survey.languages.get(language)!.characters / (shard?.total ?? 1));
    progress.whole?.(sum(corpus.languages, charactersOf));
    for (const [place, language] of corpus.languages.entries()) {
        progress.stage(`examples ${language}`, charactersOf(language));
        const skip = growing.doneOf(language);
        if (skip > 0) {
            const { samples } = survey.languages.get(language)!;
            progress.note(`${language}: continues after ${skip} of ${samples} texts`);
            progress.advance((charactersOf(language) * skip) / samples);
        }
        const ownChunks = textChunks(corpus.samples(language), [{ skip }], (chunk) => isOwn(shard, chunk + place));
        for await (const chunk of ownChunks) {
            const tally = await steppingDown(engine, progress, () =>
                watchChunk(engine, chunk, { head: growing.head, kinds, signal, progress }),
            );
            await growing.add(language, chunk.samples.length, tally, texts);
        }
    }
    progress.done();
}

interface Watching {
    readonly head: ExamplesHead;
    readonly kinds: TokenKinds;
    readonly signal: AbortSignal | undefined;
    readonly progress: Progress;
}

/** Activations that are looked at before others get a turn: some milliseconds. */
const valuesInTurn = 500_000;

async function watchChunk(
    engine: Engine,
    { samples, begin }: TextChunk,
    { head: { neurons, edges, seed }, kinds, signal, progress }: Watching,
): Promise<ChunkTally> {
    const tally = new ChunkTally(neurons.length, edges, kinds, seed);
    const keys = samples.map(keyOfText);
    const parts = engine.watch(asPrompts(engine, samples), {
        ...{ neurons, parts: true, signal },
        onBatch: (_, read) => progress.advance(read),
    });
    let values = 0;
    for await (const rows of windowRows(parts, neurons.length)) {
        for (const row of rows) {
            tally.add(row, keys[row.place]!, begin + row.place);
            values += neurons.length;
            if (values < valuesInTurn) continue;
            values = 0;
            await setImmediate();
        }
    }
    return tally;
}

/** 48 bits: see `Example.key`. */
function keyOfText({ prompt, turns, response }: Sample): number {
    const hash = createHash('sha256').update(JSON.stringify([prompt, turns ?? null, response]));
    return hash.digest().readUIntBE(0, 6);
}
