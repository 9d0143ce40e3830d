/** A prompt as the model reads it: BOS first where the model asks for one. @param bos below 0: the model has none */
export function withBos(prompt: Int32Array, bos: number): Int32Array {
    const length = lengthWithBos(prompt, bos);
    if (length === prompt.length) return prompt;
    const whole = new Int32Array(length);
    whole[0] = bos;
    whole.set(prompt, 1);
    return whole;
}

/** Tokens of a prompt as the model reads it; a chat template may have written BOS. */
export function lengthWithBos(prompt: Int32Array, bos: number): number {
    return prompt.length + (bos < 0 || prompt[0] === bos ? 0 : 1);
}
