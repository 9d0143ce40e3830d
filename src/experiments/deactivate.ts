import { createHash } from 'node:crypto';
import { join } from 'node:path';
import type { CorpusSurvey } from '../activations/surveyCorpus.js';
import { surveyCorpus } from '../activations/surveyCorpus.js';
import type { Corpus } from '../corpus/Corpus.js';
import type { Engine, NeuronMask, ScoreResult } from '../engine/Engine.js';
import { LanguageNeuronsError } from '../errors.js';
import { ensureWritableFolder } from '../files.js';
import type { NeuronAnalysis, NeuronIndex } from '../neurons/NeuronAnalysis.js';
import { neuronsOf } from '../neurons/neuronsOf.js';
import { randomNeurons } from '../neurons/randomNeurons.js';
import { type Progress, silent } from '../progress.js';
import type { DeactivationMatrix, DeactivationSet, NeuronSetName } from './DeactivationMatrix.js';
import { FinishedCells } from './FinishedCells.js';
import { writeMatrix } from './matrixFile.js';

export interface DeactivateOptions {
    readonly engine: Engine;
    readonly analysis: NeuronAnalysis;
    /** Texts to evaluate on; languages must be those of the analysis, or some of them. */
    readonly corpus: Corpus;
    /** Default: all three. */
    readonly sets?: readonly NeuronSetName[] | undefined;
    /** Seed of the random control. Default 1. */
    readonly seed?: number | undefined;
    /** Folder that gets `ppl.matrix.json` and, while the work lasts, its finished cells. */
    readonly folder: string;
    readonly signal?: AbortSignal | undefined;
    readonly progress?: Progress | undefined;
}

/** The matrix, and the time this call took. */
export interface DeactivateResult extends DeactivationMatrix {
    readonly seconds: number;
}

export const neuronSetNames: readonly NeuronSetName[] = ['specific', 'specific+related', 'specific+related+general'];

/**
 * Perplexity in every language with the neurons of every language deactivated (figs. 2, 6-13), and
 * with as many random neurons of the same layers. Perplexity is token-weighted: exp of the mean
 * negative log-likelihood of the response tokens. Cells finished by an earlier, stopped run over the
 * same model, neurons and texts are taken over.
 * @throws LanguageNeuronsError MISMATCH where corpus, model and analysis do not belong together; the
 * corpus's and the engine's errors
 */
export async function deactivate(options: DeactivateOptions): Promise<DeactivateResult> {
    const { engine, analysis, corpus, folder, signal, progress = silent, seed = 1 } = options;
    const sets = options.sets ?? neuronSetNames;
    const begin = performance.now();
    checkFit(engine, analysis, corpus);
    await ensureWritableFolder(folder);
    const survey = await surveyCorpus(corpus, signal);
    const cells = await FinishedCells.open(join(folder, 'deactivate.parts.json'), keyOf(engine, analysis, survey, seed));
    if (cells.size > 0) progress.note(`continues after ${cells.size} finished cells`);

    const languages = corpus.languages;
    let decodedTokens = 0;
    const cell = async (name: string, column: string, neurons: readonly NeuronIndex[] | undefined): Promise<ScoreResult> => {
        const { characters } = survey.languages.get(column)!;
        const found = cells.get(`${name}/${column}`);
        if (found !== undefined) {
            progress.advance(characters);
            decodedTokens += found.decodedTokens;
            return found;
        }
        const mask = neurons === undefined ? undefined : maskOf(neurons, analysis.widths);
        const score = await engine.score(corpus.samples(column), { signal, mask, onBatch: (_, read) => progress.advance(read) });
        if (score.tokens === 0) {
            throw new LanguageNeuronsError('EMPTY', `${corpus.name}: language ${column} has no token to score; give it longer texts`);
        }
        decodedTokens += score.decodedTokens;
        await cells.set(`${name}/${column}`, score);
        return score;
    };
    const total = [...survey.languages.values()].reduce((sum, { characters }) => sum + characters, 0);

    progress.stage('perplexity, whole model', total);
    const baseline: ScoreResult[] = [];
    for (const column of languages) baseline.push(await cell('baseline', column, undefined));

    const matrices: Partial<Record<NeuronSetName, DeactivationSet>> = {};
    for (const set of sets) {
        progress.stage(`perplexity, ${set}`, 2 * languages.length * total);
        const values: number[][] = [];
        const control: number[][] = [];
        const neurons: number[] = [];
        for (const [row, language] of languages.entries()) {
            const chosen = neuronsOf(analysis, language, set);
            const random = randomNeurons(chosen, analysis.widths, seed + row);
            neurons.push(chosen.length);
            const [own, other]: [number[], number[]] = [[], []];
            for (const [c, column] of languages.entries()) {
                // Nothing to deactivate changes nothing.
                const none = chosen.length === 0;
                own.push(perplexity(none ? baseline[c]! : await cell(`${set}/${language}`, column, chosen)));
                other.push(perplexity(none ? baseline[c]! : await cell(`${set}/${language}/control`, column, random)));
                if (none) progress.advance(2 * survey.languages.get(column)!.characters);
            }
            values.push(own);
            control.push(other);
        }
        const base = baseline.map(perplexity);
        const minusBase = (rows: number[][]): number[][] => rows.map((row) => row.map((value, c) => value - base[c]!));
        matrices[set] = {
            rows: languages, columns: languages, baseline: base, values, neurons,
            change: minusBase(values), control: minusBase(control),
            samples: languages.map(() => baseline.map(({ tokens }) => tokens)),
        };
    }
    const matrix: DeactivationMatrix = { metric: 'ppl', languages, sets: matrices, decodedTokens };
    await writeMatrix(folder, matrix);
    await cells.remove();
    progress.done();
    return { ...matrix, seconds: (performance.now() - begin) / 1000 };
}

/** exp of the mean negative log-likelihood. */
export function perplexity({ logProbability, tokens }: Pick<ScoreResult, 'logProbability' | 'tokens'>): number {
    return Math.exp(-logProbability / tokens);
}

/** A mask [n_ff] a layer with 1 at each neuron given. */
export function maskOf(neurons: readonly NeuronIndex[], widths: readonly number[]): NeuronMask {
    const mask = widths.map((width) => new Uint8Array(width));
    for (const [layer, neuron] of neurons) mask[layer]![neuron] = 1;
    return mask;
}

function checkFit(engine: Engine, analysis: NeuronAnalysis, corpus: Corpus): void {
    const widths = engine.layers.map(({ width }) => width);
    if (widths.join() !== analysis.widths.join()) {
        throw new LanguageNeuronsError(
            'MISMATCH',
            `${engine.path}: has ${widths.length} layers of ${widths[0] ?? 0} neurons, the analysis ${analysis.widths.length} of ${analysis.widths[0] ?? 0}; give the model that was analysed`,
        );
    }
    const missing = corpus.languages.filter((language) => !analysis.languages.includes(language));
    if (missing.length > 0) {
        throw new LanguageNeuronsError(
            'MISMATCH', `${corpus.name}: ${missing.join(', ')} not among the analysed languages (${analysis.languages.join(', ')}); choose languages with --languages`,
        );
    }
}

function keyOf(engine: Engine, analysis: NeuronAnalysis, survey: CorpusSurvey, seed: number): string {
    return createHash('sha256')
        .update(JSON.stringify([
            engine.fingerprint, engine.backends.variant, engine.batchSize, engine.windowSize, survey.hash, seed, analysis.neurons,
        ]))
        .digest('hex');
}
