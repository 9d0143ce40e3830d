import type { FastifyCorsOptions } from '@fastify/cors';
import { wrongUse } from '../errors.js';

/**
 * Origins of web pages, such as `https://example.org`, as browsers send them.
 * @throws LanguageNeuronsError WRONG_USE for what is none
 */
export function checkOrigins(origins: readonly string[]): string[] {
    return origins.map((given) => {
        const url = URL.canParse(given) ? new URL(given) : undefined;
        if (
            url !== undefined &&
            !given.includes('*') &&
            url.origin !== 'null' &&
            url.href === `${url.origin}/` &&
            /^https?:$/.test(url.protocol)
        )
            return url.origin;
        throw wrongUse(
            '`allowOrigin` takes origins of web pages, such as https://example.org or http://localhost:5173, not ' +
                `${JSON.stringify(given)}; name each, with its port and without a path`,
        );
    });
}

/** Headers by which browsers let pages of these origins, and no others, ask and read. */
export function corsOptions(origins: readonly string[]): FastifyCorsOptions {
    return {
        origin: [...origins],
        methods: ['GET', 'POST'],
        exposedHeaders: ['retry-after'],
        maxAge: 600,
        strictPreflight: false, // its refusal would be plain text
    };
}
