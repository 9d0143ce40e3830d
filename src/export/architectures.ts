/**
 * Architectures whose edited files llama.cpp computes as the mask does. `npm run test:export` compares every one of
 * them with the mask, and fails where this list is not what it finds.
 */
export const testedArchitectures: ReadonlySet<string> = new Set(
    `
    afmoe arcee arctic baichuan bailingmoe bailingmoe2 bailingmoe3 bloom chameleon chatglm codeshell cogvlm
    cohere2 cohere2moe command-r dbrx deci deepseek deepseek2 deepseek32 deepseek4 dots1 dots3note ernie4_5
    ernie4_5-moe exaone exaone-moe exaone4 falcon falcon-h1 gemma gemma2 gemma3 gemma3n glm-dsa glm4 glm4moe
    gpt-oss gpt2 gptneox granite granite_swa granitehybrid granitemoe grok hunyuan-dense hunyuan-moe
    hunyuan_vl hy_v3 internlm2 jais jais2 jamba kimi-k3 kimi-linear laguna lfm2 lfm2moe llama llama4
    maincoder mellum mimo2 minicpm minicpm3 minimax-01 minimax-m2 minimax-m3 mistral3 mistral4 mpt
    muse-glimmer nanbeige nemotron nemotron_h nemotron_h_moe olmo olmo2 olmoe openelm orion paddleocr pangu-embedded
    phi2 phi3 phimoe plamo plamo2 plamo3 pockettts qwen qwen2 qwen2moe qwen2vl qwen3 qwen35
    qwen35moe qwen3moe qwen3next qwen3tts qwen3vl qwen3vlmoe qwen4exp refact rwkv6 rwkv7 seed_oss
    smallthinker smollm3 stablelm starcoder starcoder2 talkie xverse
    `
        .trim()
        .split(/\s+/),
);

/** What cannot be written into weights, and why. */
const never: Readonly<Record<string, string>> = {
    apertus: 'its activation function (xIELU) of 0 is not 0',
    graniteswitch: 'adapters of its own add to the gates',
    grovemoe: 'a layer has two mixtures of experts',
    hrm_text: 'several layers share their weights',
};

/**
 * The spread of all gates of a layer decides where a gate is cut off, so that a zero among them would move the others.
 */
const gatesTogether: ReadonlySet<string> = new Set(['gemma3n']);

/** Up is clamped, bent or added to before it multiplies the activation. */
const bentUp: ReadonlySet<string> = new Set(['gpt-oss', 'kimi-k3', 'minimax-m3']);

/** Why no neuron of an architecture can be edited, or undefined. */
export function refusalOf(architecture: string): string | undefined {
    const why = never[architecture];
    if (why !== undefined) return why;
    return testedArchitectures.has(architecture) ? undefined : 'its edited files were not compared with the mask yet';
}

/** Whether a gated FFN's neuron is switched off by its row of up, and not of the gate. */
export function isZeroedByUp(architecture: string): boolean {
    return gatesTogether.has(architecture);
}

/** Whether a gated FFN's activation is multiplied by up as it is, so that scaling the one scales the other. */
export function isLinearInUp(architecture: string, metadata: Readonly<Record<string, unknown>>): boolean {
    const clamps = ['swiglu_clamp_exp', 'swiglu_clamp_shexp'].flatMap(
        (key) => metadata[`${architecture}.${key}`] ?? [],
    );
    return !bentUp.has(architecture) && clamps.every((clamp) => Number(clamp) === 0);
}
