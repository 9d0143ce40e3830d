/**
 * Architectures whose edited files llama.cpp computes as the mask does: `npm run test:export` holds every one of them
 * against it, and fails where this list is not what it finds.
 */
const held: ReadonlySet<string> = new Set(['llama']);

/** What cannot be written into weights, and why. */
const never: Readonly<Record<string, string>> = {
    apertus: 'its activation function (xIELU) of 0 is not 0',
    graniteswitch: 'adapters of its own add to the gates',
};

/** A gate is cut off by the spread of all gates of its layer: a zero among them would move the others. */
const gatesTogether: ReadonlySet<string> = new Set(['gemma3n']);

/** Up is clamped, bent or added to before it multiplies the activation. */
const bentUp: ReadonlySet<string> = new Set(['gpt-oss', 'kimi-k3', 'minimax-m3']);

/** Why no neuron of an architecture can be edited, or undefined. */
export function refusalOf(architecture: string): string | undefined {
    const why = never[architecture];
    if (why !== undefined) return why;
    return held.has(architecture) ? undefined : 'its edited files were not held against the mask yet';
}

/** Whether a gated FFN's neuron is switched off by its row of up, and not of the gate. */
export function isZeroedByUp(architecture: string): boolean {
    return gatesTogether.has(architecture);
}

/** Whether a gated FFN's activation is multiplied by up as it is, so that scaling the one scales the other. */
export function isLinearInUp(architecture: string, metadata: Readonly<Record<string, unknown>>): boolean {
    const clamps = ['swiglu_clamp_exp', 'swiglu_clamp_shexp'].map((key) => metadata[`${architecture}.${key}`]);
    return !bentUp.has(architecture) && clamps.every((clamp) => clamp === undefined);
}
