import type { Engine } from '../engine/Engine.js';
import { keyOf } from '../support/keyOf.js';

/** A prompt and all that shapes the greedy answer to it, beside model and engine. */
export interface KeyedPrompt {
    readonly language: string;
    readonly text: string;
    readonly special: boolean;
    readonly stops: readonly string[];
    readonly maxTokens: number;
    /** Of drawn answers: how many, at what temperature, from which seed. */
    readonly drawn?:
        | { readonly answers: number; readonly temperature: number; readonly seed: number; readonly id: number }
        | undefined;
}

/**
 * Names the answers to a prompt. The window has no part in them; the batch and the KV cache's size have, since they
 * decide what is computed side by side, and so the last bits.
 */
export function promptKey(
    {
        fingerprint,
        settings: { window: _, ...settings },
        contextSize,
    }: Pick<Engine, 'fingerprint' | 'settings' | 'contextSize'>,
    prompt: KeyedPrompt,
): string {
    return keyOf({ answers: 1, model: fingerprint, settings, context: contextSize, ...prompt });
}
