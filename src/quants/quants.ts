import { stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { collect } from '../activations/collect.js';
import type { Corpus } from '../corpus/Corpus.js';
import { Engine } from '../engine/Engine.js';
import type { EngineOptions } from '../engine/types/engineTypes.js';
import { modelFiles } from '../engine/files/modelFiles.js';
import { modelNames } from '../engine/files/modelNames.js';
import { resolveModel } from '../engine/files/resolveModel.js';
import { wrongUse } from '../errors.js';
import { withFolder } from '../files/folderLock.js';
import { identify } from '../neurons/classes/identify.js';
import { neuronsPath, writeNeurons } from '../neurons/analysis/neuronsFile.js';
import { pick } from '../settings/pick.js';
import { checkSettings } from '../settings/checkSetting.js';
import type { OptionsOf } from '../settings/Setting.js';
import { collectTable, identifyTable, outputTable, quantsTable } from '../settings/settings.js';
import { sum } from '../support/averages.js';
import { formatList } from '../support/format.js';
import { inParts, inSteps, silent, type WorkOptions } from '../support/progress.js';
import { makeFiles } from './makeFiles.js';
import { makeImatrix } from './imatrix.js';
import { languageNumbers, smallestUnder } from './quantFile.js';
import { type QuantFile, type Quants, writeQuants } from './quantsFile.js';
import { type FileScores, ScoredFiles } from './scores.js';
import { type AnalysedCounts, survivalOf } from './survival.js';

const { evaluation: _, ...ownTable } = quantsTable;
const table = { ...ownTable, ...identifyTable, folds: collectTable.folds, force: outputTable.force } as const;

/** Parts of the texts by default, for the intervals of what becomes of neurons. */
export const defaultFolds = 4;

export interface QuantsOptions extends OptionsOf<typeof table>, WorkOptions {
    /** The model that all is compared with, and how it and the files are opened. */
    readonly engine: EngineOptions;
    /** Quantized files of it. */
    readonly files: readonly string[];
    /** Texts to find neurons on, and to make importance matrices of. */
    readonly corpus: Corpus;
    /** Texts to measure perplexity and KL divergence on, in the same languages. */
    readonly evaluation: Corpus;
    /** The texts of the importance matrix; needed with `imatrix`. */
    readonly imatrixTexts?: Corpus | undefined;
    /** Gets `quants.json`, `models`, `imatrix` and, of each file, a run folder in `files`. */
    readonly folder: string;
    /**
     * Run folder that holds the reference's counts of the same texts in as many folds, with its neurons by the same
     * settings. Default: they are made in `files`.
     */
    readonly counted?: string | undefined;
}

/**
 * Compares quantized files of a model with a reference, language by language: perplexity, KL divergence, likeliest
 * tokens, and which of the languages' neurons survive. Makes files first where that is asked for. Stopped, it goes on
 * where it was.
 * @throws LanguageNeuronsError WRONG_USE without a file; MISMATCH for a file of another vocabulary or another shape, or
 * a folder of other texts; those of its steps
 */
export async function quants(options: QuantsOptions): Promise<Quants> {
    const { engine: _engine, files: _files, corpus: _corpus, evaluation: _evaluation, ...others } = options;
    checkSettings(others, table, { imatrixTexts: true, folder: true, counted: true, signal: true, progress: true });
    checkQuantFiles(options);
    return withFolder(options.folder, 'quants', () => quantsIn(options));
}

/** @throws LanguageNeuronsError WRONG_USE without a file, or with an importance matrix of none that is made */
export function checkQuantFiles({
    files = [],
    make = [],
    imatrix,
}: Pick<QuantsOptions, 'make' | 'imatrix'> & { readonly files?: readonly string[] | undefined }): void {
    if (files.length + make.length === 0) throw wrongUse('no file to compare; give some, or `make`');
    if (imatrix !== undefined && make.length === 0)
        throw wrongUse('`imatrix` is of files that are made here; name the types to make with `make`');
}

async function quantsIn(options: QuantsOptions): Promise<Quants> {
    const { engine: opened, folder, evaluation, signal, progress = silent, make = [] } = options;
    const shared = { signal, progress };
    const nextStep = inSteps(progress, stepsOf(options));
    using reference = await Engine.open({ ...opened, ...shared });
    for (const note of reference.notes) progress.note(note);
    if (make.length > 0) nextStep();
    const made = await makeAll(options, reference);
    const paths = [...(await Promise.all(options.files.map((file) => resolveModel(file, shared)))), ...made];
    const names = modelNames([reference.path, ...paths]);
    const scored = await ScoredFiles.open({ corpus: evaluation, folder, signal, progress });
    nextStep();
    const base = await measure(options, scored, { engine: reference, reference: undefined, name: names[0]! });
    const files = [await fileOf(reference, names[0]!, base, base)];
    for (const [i, path] of paths.entries()) {
        nextStep();
        using engine = await Engine.open({ ...opened, ...shared, model: path });
        for (const note of engine.notes) progress.note(note);
        const name = names[i + 1]!;
        files.push(await fileOf(engine, name, await measure(options, scored, { engine, reference, name }), base));
    }
    const result = resultOf(options, files);
    await writeQuants(folder, result);
    return result;
}

/** The long steps, in order. */
function stepsOf({ make = [], imatrixTexts, files }: QuantsOptions): string[] {
    const weighted = imatrixTexts === undefined ? [] : make.map((type) => `${type} with an importance matrix`);
    const making = make.length > 0 ? ['make files'] : [];
    return [...making, 'reference', ...files.map((file) => basename(file)), ...make, ...weighted];
}

/** Files of each type, without an importance matrix and, where one is asked for, with it. */
async function makeAll(options: QuantsOptions, { path, fingerprint, backend }: Engine): Promise<string[]> {
    const { engine, imatrixTexts, folder, signal, progress = silent, make = [] } = options;
    if (make.length === 0) return [];
    const reference = { path, fingerprint, release: backend.release };
    const shared = { reference, types: make, folder, threads: engine.threads, signal, progress };
    const plain = await makeFiles(shared);
    if (imatrixTexts === undefined) return [...plain];
    // Its own engine: one that has read inputs computes a little slower.
    using reader = await Engine.open({ ...engine, signal, progress });
    const imatrix = await makeImatrix({ engine: reader, corpus: imatrixTexts, folder, signal, progress });
    return [...plain, ...(await makeFiles({ ...shared, imatrix }))];
}

/** What was measured of a file. */
interface MeasuredFile extends AnalysedCounts {
    readonly scores: readonly FileScores[];
}

async function measure(
    options: QuantsOptions,
    scored: ScoredFiles,
    {
        engine,
        reference,
        name,
    }: { readonly engine: Engine; readonly reference: Engine | undefined; readonly name: string },
): Promise<MeasuredFile> {
    const { corpus, folds = defaultFolds, force, signal, progress = silent } = options;
    const [counting, scoring] = inParts(progress, [1, reference === undefined ? 1 : 2]);
    // Counts of others are checked and taken over, never replaced.
    const taken = reference === undefined ? options.counted : undefined;
    const folder = taken ?? join(options.folder, 'files', name);
    const replaced = taken === undefined ? force : undefined;
    const { activations } = await collect({
        engine,
        corpus,
        folder,
        folds,
        force: replaced,
        signal,
        progress: counting!,
    });
    const analysis = identify(activations, pick(options, identifyTable));
    if (taken === undefined) await writeNeurons(neuronsPath(folder), analysis);
    return { activations, analysis, scores: await scored.with(scoring!).of(engine, reference, name) };
}

async function fileOf(engine: Engine, name: string, file: MeasuredFile, base: MeasuredFile): Promise<QuantFile> {
    const { info, path, fingerprint } = engine;
    const survival = survivalOf(base, file);
    const sizes = await Promise.all((await modelFiles(path)).map(async (part) => (await stat(part)).size));
    return {
        ...{ name, path, model: fingerprint, type: info.fileType, imatrix: info.imatrix },
        bytes: sum(sizes),
        bitsPerWeight: (8 * info.bytes) / info.parameters,
        perLanguage: Object.fromEntries(
            file.scores.map((scores, i) => {
                const { language } = scores;
                const numbers = { scores, reference: base.scores[i]!, survival: survival[language]! };
                return [language, languageNumbers(numbers)];
            }),
        ),
    };
}

function resultOf(options: QuantsOptions, [reference, ...rest]: readonly QuantFile[]): Quants {
    const { corpus, evaluation, maxKl = quantsTable.maxKl.default } = options;
    const files = [reference!, ...rest.toSorted((a, b) => b.bytes - a.bytes)];
    const { languages } = corpus;
    const sourcesOf = ({ sources }: Corpus): string[] => sources.map(({ name }) => name);
    return {
        ...{ languages, data: sourcesOf(corpus), evaluation: sourcesOf(evaluation), maxKl },
        smallest: smallestUnder(files, { languages, maxKl }),
        notes: notesOf(options, files),
        files,
    };
}

/** What a reader should know before the numbers. */
function notesOf(
    { make = [], imatrixTexts, corpus, evaluation }: QuantsOptions,
    [reference, ...rest]: readonly QuantFile[],
): string[] {
    const { type } = reference!;
    const same = rest.filter((file) => file.type === type && isEqual(file)).map(({ name }) => name);
    const said = JSON.stringify(corpus.sources) === JSON.stringify(evaluation.sources);
    return [
        ...(isQuantized(type)
            ? [
                  `The reference is quantized itself (${type}): differences are from it, not from the model in full ` +
                      `precision${make.length > 0 ? ', and files were made of what its weights stand for' : ''}.`,
              ]
            : []),
        ...(same.length > 0
            ? [
                  `The reference is ${type} itself, and a file of the same type keeps its weights: a KL of 0 ` +
                      `(${formatList(same)}) says nothing of what ${type} costs.`,
              ]
            : []),
        ...(imatrixTexts !== undefined && said
            ? ['The importance matrix was made of texts that KL was measured on: on other texts it helps less.']
            : []),
    ];
}

/** Whether nothing that is measured tells a file from the reference. */
function isEqual({ perLanguage }: QuantFile): boolean {
    return Object.values(perLanguage).every(({ kl }) => kl.value === 0);
}

/** By llama.cpp's name of the type. */
function isQuantized(type: string): boolean {
    return !/\b(F32|F16|BF16)\b/.test(type);
}
