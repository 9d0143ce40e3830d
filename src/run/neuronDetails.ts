import type { Corpus } from '../corpus/Corpus.js';
import { checkDirectPath, effects } from '../effects/effects.js';
import { effectsPath } from '../effects/effectsFile.js';
import type { Engine } from '../engine/Engine.js';
import { wrongUse } from '../errors.js';
import { collectExamples } from '../examples/collectExamples.js';
import { checkChosen, chosenNeurons } from '../neurons/sets/chosenNeurons.js';
import type { NeuronAnalysis } from '../neurons/analysis/NeuronAnalysis.js';
import { analysisSites } from '../neurons/analysis/NeuronAnalysis.js';
import { neuronNamed } from '../neurons/tables/neuronNames.js';
import { pick } from '../settings/pick.js';
import { examplesTable } from '../settings/settings.js';
import type { Progress } from '../support/progress.js';
import type { RunConfig } from './RunConfig.js';
import { askedPart } from './settingIssues.js';

/** Files of a run beside its classes: examples that make neurons active, tokens that they raise and lower. */
export interface NeuronDetails {
    readonly examples?: DetailsFile;
    readonly effects?: DetailsFile;
}

interface DetailsFile {
    readonly path: string;
    /** Number of neurons in it. */
    readonly neurons: number;
}

/** The steps of `run` that write these files, in order. */
export function detailSteps(config: RunConfig): string[] {
    const steps = { examples: askedPart(config.examples), effects: effectsAsked(config) };
    return Object.entries(steps).flatMap(([name, asked]) => (asked === undefined ? [] : [name]));
}

/** The settings of effects; undefined for a model with adapters too, whose neurons' weights are in no file. */
function effectsAsked(config: RunConfig): Partial<Exclude<RunConfig['effects'], boolean | undefined>> | undefined {
    return (config.loras?.length ?? 0) > 0 ? undefined : askedPart(config.effects);
}

/**
 * Refuses what a model cannot have, before hours of counting.
 * @throws LanguageNeuronsError UNSUPPORTED for effects that reach no logits; WRONG_USE for a neuron that it has not
 */
export async function checkDetails(config: RunConfig, { path, sites }: Engine): Promise<void> {
    const asked = effectsAsked(config);
    const names = [askedPart(config.examples), asked].flatMap((part) => part?.neurons ?? []);
    for (const name of names) neuronNamed(sites, name);
    if (asked !== undefined) await checkDirectPath(path);
}

interface FindOptions {
    readonly engine: Engine;
    readonly analysis: NeuronAnalysis;
    /** Texts to find examples in. */
    readonly corpus: Corpus;
    readonly force: boolean | undefined;
    readonly signal: AbortSignal | undefined;
    readonly progress: Readonly<Record<keyof NeuronDetails, Progress>>;
    readonly nextStep: () => void;
}

/** Examples and effects, as far as they are asked for, into the run folder. */
export async function findDetails(
    config: RunConfig,
    { engine, analysis, corpus, force, signal, progress, nextStep }: FindOptions,
): Promise<NeuronDetails> {
    const { out: folder } = config;
    const found: { -readonly [K in keyof NeuronDetails]: NeuronDetails[K] } = {};
    const examples = askedPart(config.examples);
    if (examples !== undefined) {
        nextStep();
        const sites = analysisSites(analysis);
        const { path, head } = await collectExamples({
            ...{ engine, analysis, corpus, folder, force, signal, progress: progress.examples },
            ...pick(examples, examplesTable),
            neurons: examples.neurons?.map((name) => neuronNamed(sites, name)),
        });
        found.examples = { path, neurons: head.neurons.length };
    }
    const asked = effectsAsked(config);
    if (asked !== undefined) {
        nextStep();
        const { path: model } = engine;
        const neurons = chosenNeurons(analysis, asked);
        const { threads } = config;
        await effects(folder, { model, neurons, threads, signal, progress: progress.effects });
        found.effects = { path: effectsPath(folder), neurons: neurons.length };
    } else if (askedPart(config.effects) !== undefined) {
        const mend = 'merge them into a file to have them';
        progress.effects.note(`effects: left out for a model with LoRA adapters; ${mend}`);
    }
    return found;
}

/** @throws LanguageNeuronsError WRONG_USE for effects of a model with adapters, and for names beside a set */
export function checkDetailsConfig(config: RunConfig): void {
    const asked = askedPart(config.effects);
    if (asked === undefined) return;
    checkChosen(asked);
    if ((config.loras?.length ?? 0) === 0) return;
    const mend = 'merge the adapters into a file and give that as model, or leave effects out';
    throw wrongUse(`effects: there are none of a model with loras; ${mend}`);
}
