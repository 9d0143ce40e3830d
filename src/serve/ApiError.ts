import { LanguageNeuronsError } from '../errors.js';

/**
 * A refusal in OpenAI's shape. Its words go to a client as they are: what writes one names no path of this machine and
 * quotes no error of others.
 */
export class ApiError extends Error {
    override readonly name = 'ApiError';
    readonly status: number;
    readonly type: string;
    readonly param: string | null;
    readonly code: string | null;

    constructor(
        status: number,
        message: string,
        {
            param = null,
            code = null,
            cause,
        }: { readonly param?: string | null; readonly code?: string | null; readonly cause?: unknown } = {},
    ) {
        super(message, cause === undefined ? undefined : { cause });
        this.status = status;
        this.type = status === 429 ? 'rate_limit_error' : status >= 500 ? 'server_error' : 'invalid_request_error';
        this.param = param;
        this.code = code;
    }

    /**
     * The error that a client gets for any failure. Only the message of an ApiError is passed on; other failures
     * become 500 or 503, since a wrong request was refused, as an ApiError, before anything was computed.
     */
    static of(cause: unknown): ApiError {
        if (cause instanceof ApiError) return cause;
        if (cause instanceof LanguageNeuronsError) {
            if (cause.code === 'ABORTED' || cause.code === 'CLOSED')
                return new ApiError(503, 'the server is shutting down; try again later', {
                    code: 'server_ending',
                    cause,
                });
            if (cause.code === 'OUT_OF_MEMORY')
                return new ApiError(503, 'the server has too little memory at the moment; try again later', { cause });
        }
        const { statusCode, code } = Object(cause) as { readonly statusCode?: unknown; readonly code?: unknown };
        const known = typeof statusCode === 'number' && statusCode < 500 ? statusCode : undefined;
        if (known !== undefined) return new ApiError(known, wordsOf(known, String(code)), { cause });
        return new ApiError(500, 'the server failed; its log says more', { cause });
    }

    get body(): ErrorBody {
        const { message, type, param, code } = this;
        return { error: { message, type, param, code } };
    }
}

/** The error that a client gets; a fault of ours is written on stderr in full. */
export function errorFor(cause: unknown): ApiError {
    const error = ApiError.of(cause);
    if (error.status === 500) process.stderr.write(`language-neurons: a request failed: ${String(cause)}\n`);
    return error;
}

/** Of what Fastify and Node refuse: theirs may quote anything. */
function wordsOf(status: number, code: string): string {
    if (status === 408) return 'the request did not arrive in time; send it again';
    if (status === 413) return 'the body is too large; send less at a time';
    if (status === 415) return 'the body must be of the content type application/json';
    if (status === 431) return 'the header is too large; send fewer or shorter fields';
    if (code === 'FST_ERR_BAD_URL') return 'the path is not a valid URL; encode it as UTF-8';
    return 'the request is not valid HTTP';
}

export interface ErrorBody {
    readonly error: {
        readonly message: string;
        readonly type: string;
        readonly param: string | null;
        readonly code: string | null;
    };
}
