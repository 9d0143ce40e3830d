import type { ActivationValues } from '../activations/ActivationValues.js';
import { isByToken } from '../engine/types/edits.js';
import { nativeEdit } from '../engine/loading/editSlots.js';
import { loadAddon } from '../engine/native/loadBackends.js';
import { nativeError } from '../engine/native/nativeError.js';
import { sameSites, type Site } from '../engine/types/Site.js';
import { LanguageNeuronsError, wrongUse } from '../errors.js';
import { analysisSites, type NeuronAnalysis } from '../neurons/analysis/NeuronAnalysis.js';
import { checkSettings } from '../settings/checkSetting.js';
import { compileInterventions } from './compile.js';
import type { Intervention } from './Intervention.js';

/** The part of node-llama-cpp's `LlamaContext` that is used. */
export interface OwnedContext {
    dispose(): Promise<void>;
}

/** @inline */
export interface WithNeuronsOptions {
    /** Needed where neurons are chosen by language. */
    readonly analysis?: NeuronAnalysis | undefined;
    /** Needed where a value is a mean or a percentile. */
    readonly values?: ActivationValues | undefined;
    /** The interventions at the beginning. Default: none, the whole model. */
    readonly interventions?: readonly Intervention[] | undefined;
}

/** A context of node-llama-cpp whose activations can be changed. */
export interface ContextWithNeurons<Context> {
    /** The context as node-llama-cpp made it; node-llama-cpp owns and disposes of it. */
    readonly context: Context;
    /** The sites where activations are computed, in the order of computation. */
    readonly sites: readonly Site[];
    /**
     * Sets the interventions for all sequences of the context, from its next batch on; an empty list gives the whole
     * model. Tokens that a sequence has already keep the interventions of their time until its history is cleared.
     * @throws LanguageNeuronsError WRONG_USE for some tokens alone (`where`), UNSUPPORTED where the architecture has
     * no offsets, NOT_FOUND for a language that was not analysed, CLOSED where the context was disposed of
     */
    intervene(interventions: readonly Intervention[]): void;
}

/**
 * Loads our libllama, through which node-llama-cpp's models and contexts then run: to be called before its `getLlama`.
 * @throws LanguageNeuronsError BUILD, also where node-llama-cpp's own was loaded before
 */
export async function prepareNeurons(): Promise<void> {
    await loadAddon();
}

let making: Promise<unknown> = Promise.resolve();

/**
 * Makes a context of node-llama-cpp's that takes interventions; see `prepareNeurons`. Sessions, completions,
 * grammars and LoRA adapters work on it as on any. One is made at a time, as a new context is known by being the only
 * one.
 * @param create such as `() => model.createContext()`
 * @throws LanguageNeuronsError UNSUPPORTED where node-llama-cpp does not run through our libllama, or for an
 * architecture whose FFN cannot be edited; BUSY where other contexts are made meanwhile; MISMATCH for another model's
 * analysis; else as `intervene`. The context is then disposed of.
 */
export async function withNeurons<Context extends OwnedContext>(
    create: () => Promise<Context>,
    options: WithNeuronsOptions = {},
): Promise<ContextWithNeurons<Context>> {
    checkSettings(options, {}, { analysis: true, values: true, interventions: true });
    const made = making.then(() => make(create, options));
    making = made.catch(() => undefined);
    return made;
}

async function make<Context extends OwnedContext>(
    create: () => Promise<Context>,
    { analysis, values, interventions = [] }: WithNeuronsOptions,
): Promise<ContextWithNeurons<Context>> {
    const { addon } = await loadAddon();
    const before = new Set(addon.guests());
    const context = await create();
    try {
        const number = onlyOne(addon.guests().filter((guest) => !before.has(guest)));
        const sites = await addon.attachGuest(number, true);
        if (analysis !== undefined && !sameSites(sites, analysisSites(analysis))) {
            const mend = 'give the analysis of this model';
            throw new LanguageNeuronsError('MISMATCH', `the model has other sites than the analysis; ${mend}`);
        }
        const intervene = (list: readonly Intervention[]): void => {
            const edit = compileInterventions(list, { sites, analysis, values });
            if (isByToken(edit)) {
                throw wrongUse('interventions on a context apply to all its tokens; leave `where` out');
            }
            try {
                addon.editGuest(number, edit === undefined ? null : nativeEdit(edit));
            } catch (cause) {
                throw nativeError(cause);
            }
        };
        if (interventions.length > 0) intervene(interventions);
        return { context, sites, intervene };
    } catch (cause) {
        await context.dispose();
        throw nativeError(cause);
    }
}

function onlyOne(fresh: readonly number[]): number {
    const [number, ...more] = fresh;
    if (number === undefined) {
        throw new LanguageNeuronsError(
            'UNSUPPORTED',
            'node-llama-cpp runs through a libllama of its own, which has no neuron adapter; ' +
                'call prepareNeurons before getLlama, with language-neurons built from source (npm run build)',
        );
    }
    if (more.length === 0) return number;
    throw new LanguageNeuronsError('BUSY', `${fresh.length} contexts were created at once; create one after another`);
}
