import { LanguageNeuronsError } from '../errors.js';

/** A refusal in OpenAI's shape. */
export class ApiError extends Error {
    override readonly name = 'ApiError';
    readonly status: number;
    readonly type: string;
    readonly param: string | null;
    readonly code: string | null;

    constructor(
        status: number,
        message: string,
        { param = null, code = null }: { readonly param?: string | null; readonly code?: string | null } = {},
    ) {
        super(message);
        this.status = status;
        this.type = status === 429 ? 'rate_limit_error' : status >= 500 ? 'server_error' : 'invalid_request_error';
        this.param = param;
        this.code = code;
    }

    /** What a client is told of a failure: those of ours by their words, others by none. */
    static of(cause: unknown): ApiError {
        if (cause instanceof ApiError) return cause;
        if (cause instanceof LanguageNeuronsError) {
            if (cause.code === 'WRONG_USE' || cause.code === 'UNSUPPORTED') return new ApiError(400, cause.message);
            if (cause.code === 'ABORTED' || cause.code === 'CLOSED')
                return new ApiError(503, 'the server is about to end; ask again later', { code: 'server_ending' });
            return new ApiError(500, cause.message);
        }
        const { statusCode, message } = cause as { readonly statusCode?: unknown; readonly message?: string };
        // Fastify's own, such as those of a body that is no JSON
        if (typeof statusCode === 'number' && statusCode < 500) return new ApiError(statusCode, String(message));
        return new ApiError(500, 'the server failed; its own output says more');
    }

    get body(): ErrorBody {
        const { message, type, param, code } = this;
        return { error: { message, type, param, code } };
    }
}

export interface ErrorBody {
    readonly error: {
        readonly message: string;
        readonly type: string;
        readonly param: string | null;
        readonly code: string | null;
    };
}
