import { throwIfAborted } from '../aborted.js';

/**
 * What the work gives, or ABORTED as soon as the signal fires; the work itself may then go on.
 * @throws LanguageNeuronsError ABORTED, also for whatever the abort made fail; else what the work throws
 */
export async function untilAborted<T>(signal: AbortSignal | undefined, work: Promise<T>): Promise<T> {
    if (signal === undefined) return work;
    let stop: () => void = () => undefined;
    const aborted = new Promise<void>((resolve) => (stop = resolve));
    signal.addEventListener('abort', stop);
    if (signal.aborted) stop();
    try {
        await Promise.race([work, aborted]);
        throwIfAborted(signal);
        return await work;
    } catch (cause) {
        throwIfAborted(signal);
        throw cause;
    } finally {
        signal.removeEventListener('abort', stop);
    }
}
