import { LanguageNeuronsError } from '../errors.js';

/** @throws LanguageNeuronsError ABORTED where the signal is aborted */
export function throwIfStopped(signal: AbortSignal | undefined): void {
    if (signal?.aborted === true) throw stopped();
}

/**
 * Awaits a promise until the signal is aborted; the promise's outcome is then ignored.
 * @throws LanguageNeuronsError ABORTED; what the promise rejects with
 */
export function orStopped<T>(promise: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
    if (signal === undefined) return promise;
    return new Promise<T>((resolve, reject) => {
        const stop = (): void => reject(stopped());
        if (signal.aborted) stop();
        else signal.addEventListener('abort', stop, { once: true });
        promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', stop));
    });
}

function stopped(): LanguageNeuronsError {
    return new LanguageNeuronsError('ABORTED', 'stopped; run the same command again to continue');
}
