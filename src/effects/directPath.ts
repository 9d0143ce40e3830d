import { type Site, siteName } from '../engine/types/Site.js';
import { LanguageNeuronsError } from '../errors.js';
import type { GgufFile, GgufTensor } from '../gguf/GgufFile.js';

/** A tensor, and the file that it is in. */
export interface PlacedTensor extends GgufTensor {
    readonly path: string;
}

/** What lies between an FFN's output and the logits, as far as it is the same for every token. */
export interface DirectPath {
    /** [n_embd, vocabulary]: a row for each token. */
    readonly head: PlacedTensor;
    /** [vocabulary]: what is added to the logits; undefined: nothing. */
    readonly headBias: PlacedTensor | undefined;
    /** Weights of the final norm; undefined: it has none. */
    readonly norm: PlacedTensor | undefined;
    readonly normBias: PlacedTensor | undefined;
    /** What the final norm adds to the mean square. */
    readonly epsilon: number;
    /** Whether the final norm takes the mean away (LayerNorm). */
    readonly centred: boolean;
    /** What each FFN's output is multiplied by before it is added to the residual stream. */
    readonly residualScale: number;
    /** Weights of the norm of an FFN's output. */
    postNorm(layer: number): PlacedTensor | undefined;
    /** [width, n_embd, experts]: a neuron's weights are a column. `scales` holds a factor for each expert, or one. */
    down(site: Site): { readonly matrix: PlacedTensor; readonly scales: PlacedTensor | undefined };
}

/**
 * Architectures in which an FFN's output reaches the logits through nothing but a norm's weights, sums, the final norm
 * and the head. `npm run test:architectures` compares each with llama.cpp, and fails where this list is not what it
 * finds.
 */
export const directArchitectures: ReadonlySet<string> = new Set(
    `
    afmoe apertus arcee arctic baichuan bailingmoe bailingmoe2 bailingmoe3 bloom chameleon chatglm codeshell cogvlm
    cohere2 cohere2moe command-r dbrx deci deepseek deepseek2 deepseek32 deepseek4 dots1 dots3note ernie4_5
    ernie4_5-moe exaone exaone-moe exaone4 falcon falcon-h1 gemma gemma2 gemma3 glm-dsa glm4 glm4moe gpt-oss gpt2
    gptneox granite granite_swa granitehybrid granitemoe grok hunyuan-dense hunyuan-moe hunyuan_vl hy_v3 internlm2
    jais jais2 jamba kimi-linear laguna lfm2 lfm2moe llama llama4 maincoder mellum mimo2 minicpm minicpm3 minimax-m2
    minimax-m3 mistral3 mistral4 mpt muse-glimmer nemotron nemotron_h nemotron_h_moe olmo olmo2 olmoe openelm orion
    paddleocr pangu-embedded phi2 phi3 phimoe plamo plamo2 plamo3 pockettts qwen qwen2 qwen2moe qwen2vl qwen3 qwen35
    qwen35moe qwen3moe qwen3next qwen3vl qwen3vlmoe refact rwkv7 seed_oss smallthinker smollm3 stablelm starcoder
    starcoder2 talkie xverse
    `
        .trim()
        .split(/\s+/),
);

/** Why another has no such path, where it is known. */
const reasons: Readonly<Record<string, string>> = {
    gemma3n: 'several residual streams are mixed in every layer',
    hrm_text: 'its layers are computed several times',
    nanbeige: 'its layers may be computed several times',
    'minimax-01': 'each layer normalises the residual stream',
    rwkv6: "each token gates an FFN's output",
};

/** Architectures whose final norm is a LayerNorm: the mean is taken away. */
const centredArchitectures: ReadonlySet<string> = new Set(
    `
    bloom codeshell cohere2 command-r dbrx falcon gpt2 gptneox jais jais2 mpt nemotron olmo orion phi2 pockettts rwkv6
    rwkv7 stablelm starcoder starcoder2
    `
        .trim()
        .split(/\s+/),
);

/** Why no direct effect of an architecture's neurons can be told, or undefined. */
export function noPathReason(architecture: string): string | undefined {
    if (directArchitectures.has(architecture)) return undefined;
    return reasons[architecture] ?? "the path from its FFNs to the logits was not compared with llama.cpp's";
}

/** llama.cpp's names of the norm behind an FFN: most architectures', PLaMo's and Grok's. */
const postNorms = ['post_ffw_norm.weight', 'post_ffw_norm', 'layer_output_norm.weight'];

/** llama.cpp's names of the matrix that a site's activations are multiplied with. */
const downNames: Readonly<Record<Site['kind'], readonly string[]>> = {
    dense: ['ffn_down', 'channel_mix_value'], // RWKV's
    shared: ['ffn_down_shexp'],
    routed: ['ffn_down_exps'],
};

/**
 * Finds the path in a model's files.
 * @param files of one model, in order
 * @param wanted what it is for, in messages
 * @throws LanguageNeuronsError UNSUPPORTED for an architecture without one; DAMAGED
 */
export function directPath(files: readonly GgufFile[], wanted = 'direct effects on the logits'): DirectPath {
    const [{ path, metadata }] = files as [GgufFile];
    const architecture = String(metadata['general.architecture']);
    const why = noPathReason(architecture);
    if (why !== undefined) {
        const what = `${path}: ${wanted} cannot be computed for ${architecture}`;
        throw new LanguageNeuronsError('UNSUPPORTED', `${what}: ${why}`);
    }
    return pathIn(files);
}

/** The same for an architecture that is not in the list. @throws LanguageNeuronsError DAMAGED */
export function pathIn(files: readonly GgufFile[]): DirectPath {
    const [{ path, metadata }] = files as [GgufFile];
    const architecture = String(metadata['general.architecture']);
    const places = new Map(
        files.flatMap((file) =>
            [...file.tensors].map(([name, tensor]) => [name, { ...tensor, path: file.path }] as const),
        ),
    );
    const find = (...names: readonly string[]): PlacedTensor | undefined =>
        names.map((name) => places.get(name)).find((tensor) => tensor !== undefined);
    const head = find('output.weight', 'token_embd.weight');
    if (head === undefined)
        throw new LanguageNeuronsError('DAMAGED', `${path}: has no output head; download the file again`);
    const centred = isCentred(architecture, metadata);
    return {
        head,
        // llama.cpp reads qwen2vl's and does not add it
        headBias: architecture === 'qwen2vl' ? undefined : find('output.bias'),
        // lfm2's has the name of the embeddings' norm
        norm: find('output_norm.weight', 'token_embd_norm.weight'),
        normBias: find('output_norm.bias'),
        epsilon: Number(metadata[`${architecture}.attention.layer_norm_${centred ? '' : 'rms_'}epsilon`] ?? 0),
        centred,
        residualScale: Number(metadata[`${architecture}.residual_scale`] ?? 1) || 1,
        postNorm: (layer) => find(...postNorms.map((name) => `blk.${layer}.${name}`)),
        down: (site) => {
            const name = downNames[site.kind].map((one) => `blk.${site.layer}.${one}`);
            const matrix = find(...name.map((one) => `${one}.weight`));
            const { shape = [] } = matrix ?? {};
            const [width, rows, experts = 1] = shape;
            if (matrix === undefined || width !== site.width || rows !== head.shape[0] || experts !== site.experts) {
                const what = `${siteName(site)} with ${site.width} neurons is missing from its tensors`;
                throw new LanguageNeuronsError('MISMATCH', `${path}: ${what}; give the model that was analysed`);
            }
            return { matrix, scales: find(...name.map((one) => `${one}.scale`)) };
        },
    };
}

function isCentred(architecture: string, metadata: Readonly<Record<string, unknown>>): boolean {
    if (architecture !== 'cohere2moe') return centredArchitectures.has(architecture);
    return Number(metadata['cohere2moe.attention.layer_norm_rms_epsilon'] ?? 0) === 0;
}
