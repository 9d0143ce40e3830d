import type { Engine } from '../engine/Engine.js';
import { keyOf } from '../support/keyOf.js';

/** A prompt and all settings that shape the greedy answer to it, besides model and engine. */
export interface KeyedPrompt {
    readonly language: string;
    readonly text: string;
    readonly special: boolean;
    readonly stops: readonly string[];
    readonly maxTokens: number;
    /** For drawn answers: their number, temperature and seed. */
    readonly drawn?:
        | { readonly answers: number; readonly temperature: number; readonly seed: number; readonly id: number }
        | undefined;
}

/**
 * Identifies the answers to a prompt. The window does not shape them. The sizes of batch and KV cache do, because they
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
