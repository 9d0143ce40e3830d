import { LanguageNeuronsError } from './errors.js';

/** @throws LanguageNeuronsError ABORTED once the signal says so */
export function throwIfAborted(signal: AbortSignal | undefined): void {
    if (signal?.aborted === true) throw new LanguageNeuronsError('ABORTED', 'stopped; run the same command again to continue');
}
