import type { NativeTokenLists } from '../engine/native/addon.js';
import { defaultThreads } from '../engine/loading/defaultThreads.js';
import { loadAddon } from '../engine/native/loadBackends.js';
import { modelFiles } from '../engine/files/modelFiles.js';
import type { Site } from '../engine/types/Site.js';
import { LanguageNeuronsError } from '../errors.js';
import { readGguf } from '../gguf/GgufFile.js';
import type { NeuronIndex } from '../neurons/analysis/NeuronAnalysis.js';
import { checkSettings } from '../settings/checkSetting.js';
import type { OptionsOf } from '../settings/Setting.js';
import { engineTable } from '../settings/settings.js';
import { silent, type WorkOptions } from '../support/progress.js';
import { throwIfStopped } from '../support/stop.js';
import { directPath } from './directPath.js';
import { multiplyHead, vectorsAtATime } from './multiplyHead.js';
import { neuronVectors } from './neuronVectors.js';

/** Tokens of each list. */
export const keptTokens = 20;

/** A token, and what the neuron adds to its logit beyond the mean over all tokens; see `NeuronEffects`. */
type TokenEffect = readonly [token: number, effect: number];

/**
 * The direct effect of a neuron on the logits: `W · (w ⊙ v)`, `v` its column of the down matrix, times the weights of
 * the norm behind the FFN where there is one, `w` the final norm's weights and `W` the output head (of a LayerNorm, `v`
 * without its mean), less its mean over the vocabulary: softmax sees differences of logits alone, and what is added to
 * all of them moves no token. That is what a positive activation adds, up to a positive factor that depends on the
 * token that is read; where a gate's activation is multiplied by up, the lists hold for a positive product and change
 * places with its sign. A final soft cap of the logits keeps their order and is left out.
 */
export interface NeuronEffects {
    readonly neuron: NeuronIndex;
    /** Tokens whose logits rise most, the first most: at most 20. */
    readonly raised: readonly TokenEffect[];
    /** Tokens whose logits fall most. */
    readonly lowered: readonly TokenEffect[];
}

/** Settings of what computes effects. */
export const computingTable = { threads: engineTable.threads };

export interface TokenEffectsOptions extends OptionsOf<typeof computingTable>, WorkOptions {
    /** Path of a GGUF file, or of one of several. Adapters are not applied. */
    readonly model: string;
    /** The model's, as an engine or its counts have them. */
    readonly sites: readonly Site[];
    readonly neurons: readonly NeuronIndex[];
}

/**
 * Which tokens each neuron raises and lowers, read from the weights, some thousand neurons at a time. ggml dequantizes
 * and multiplies them, in F32 on the CPU.
 * @throws LanguageNeuronsError UNSUPPORTED for an architecture without a direct path from FFNs to logits, or a type of
 * weights that ggml cannot dequantize; NOT_FOUND, DAMAGED; MISMATCH where the sites are not the model's; WRONG_USE;
 * ABORTED
 */
export async function* tokenEffects(options: TokenEffectsOptions): AsyncGenerator<NeuronEffects[]> {
    const { model, sites, neurons, progress = silent, signal } = options;
    const others = { model: true, sites: true, neurons: true, progress: true, signal: true } as const;
    checkSettings(options, computingTable, others);
    const threads = options.threads ?? (await defaultThreads());
    const { addon } = await loadAddon();
    const path = directPath(await Promise.all((await modelFiles(model)).map(readGguf)));
    const [width, tokens] = path.head.shape as [number, number];
    const group = vectorsAtATime(width);
    progress.stage('Multiplying the output head', tokens * Math.ceil(neurons.length / group));
    for (let first = 0; first < neurons.length; first += group) {
        throwIfStopped(signal);
        const some = neurons.slice(first, first + group);
        const vectors = await neuronVectors(addon, path, sites, some, signal);
        const product = addon.tokenEffects(vectors, width, keptTokens, threads, true);
        await multiplyHead(product, path.head, { signal, onRows: (rows) => progress.advance(rows) });
        const means = product.means();
        const [raised, lowered] = [product.raised(), product.lowered()].map((lists) => listsOf(lists, means)) as [
            TokenEffect[][],
            TokenEffect[][],
        ];
        if (raised.some((list) => list.length < Math.min(keptTokens, tokens))) {
            const what = `${path.head.path}: some weights of its neurons or its head are not finite`;
            throw new LanguageNeuronsError('DAMAGED', `${what}; download the file again`);
        }
        yield some.map((neuron, i) => ({
            neuron,
            raised: raised[i]!.filter(([, effect]) => effect > 0),
            lowered: lowered[i]!.filter(([, effect]) => effect < 0),
        }));
    }
    progress.done();
}

/** @param means [lists], taken from the effects of each */
function listsOf({ tokens, effects, ends }: NativeTokenLists, means: Float64Array): TokenEffect[][] {
    return Array.from(ends, (end, i) =>
        Array.from(tokens.subarray(ends[i - 1] ?? 0, end), (token, j): TokenEffect => [
            token,
            effects[(ends[i - 1] ?? 0) + j]! - means[i]!,
        ]),
    );
}
