import { type ErrorCode, LanguageNeuronsError } from '../../errors.js';

interface NativeFailure {
    readonly code?: unknown;
    readonly nativeCode?: unknown;
}

/** Turns what the addon threw or rejected with into the package's error class. */
export function nativeError(cause: unknown): LanguageNeuronsError {
    if (cause instanceof LanguageNeuronsError) return cause;
    if (!(cause instanceof Error)) return new LanguageNeuronsError('NATIVE', String(cause), { cause });
    const { code, nativeCode } = cause as NativeFailure;
    // The addon's codes are ours; a TypeError of its argument checks has none.
    return new LanguageNeuronsError(typeof code === 'string' ? (code as ErrorCode) : 'NATIVE', cause.message, {
        cause,
        ...(typeof nativeCode === 'number' ? { nativeCode } : {}),
    });
}

/** Makes a native call and awaits it; what it throws at once or rejects with is translated. */
export async function awaitNative<T>(call: () => Promise<T>): Promise<T> {
    try {
        return await call();
    } catch (cause) {
        throw nativeError(cause);
    }
}
