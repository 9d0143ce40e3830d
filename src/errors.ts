/** Stable codes of every error this package throws on purpose; see `LanguageNeuronsError`. @inline */
export type ErrorCode =
    | 'WRONG_USE' // an argument or a combination of arguments makes no sense (exit code 2)
    | 'NOT_FOUND' // a file, folder, language or dataset does not exist
    | 'DAMAGED' // a file is truncated, garbled or of another format
    | 'UNSUPPORTED' // the model or format is sound, but this tool cannot work on it
    | 'EMPTY' // nothing to count: a language without text or tokens
    | 'MISMATCH' // two inputs that must agree (shapes, languages, fingerprints) do not
    | 'ENCODING' // text that is not valid UTF-8
    | 'UNWRITABLE' // an output path cannot be written, or the disk is full
    | 'BUILD' // the native library cannot be built or loaded
    | 'OUT_OF_MEMORY' // the device or the host has too little memory
    | 'NATIVE' // llama.cpp failed; `nativeCode` keeps its return code
    | 'BUSY' // an operation is under way on the same object
    | 'CLOSED' // the object was closed
    | 'ABORTED'; // stopped by an AbortSignal or Ctrl-C (exit code 130)

/** Names of files, keys and tensors may hold line breaks and other control characters; blanks stay as they are. */
function blanksToOne(blanks: string): string {
    return /^ +$/.test(blanks) ? blanks : ' ';
}

/**
 * The one error class of this package. The message is one line: what was expected, what was
 * received (with the file's name), what to do about it.
 */
export class LanguageNeuronsError extends Error {
    override readonly name = 'LanguageNeuronsError';
    readonly code: ErrorCode;
    /** Return code of llama.cpp, where one exists. */
    readonly nativeCode?: number;

    constructor(code: ErrorCode, message: string, options: { cause?: unknown; nativeCode?: number } = {}) {
        super(
            message.replace(/[\s\p{Cc}\u2028\u2029]+/gu, blanksToOne),
            options.cause === undefined ? undefined : { cause: options.cause },
        );
        this.code = code;
        if (options.nativeCode !== undefined) this.nativeCode = options.nativeCode;
    }
}

/** Whether something thrown is this package's error of that code. */
export function hasCode(thrown: unknown, code: ErrorCode): thrown is LanguageNeuronsError {
    return thrown instanceof LanguageNeuronsError && thrown.code === code;
}

/** An argument, or arguments together, that make no sense. */
export function wrongUse(message: string): LanguageNeuronsError {
    return new LanguageNeuronsError('WRONG_USE', message);
}
