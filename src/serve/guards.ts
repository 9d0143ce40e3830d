import { createHash, timingSafeEqual } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import { isIP } from 'node:net';
import { ApiError } from './ApiError.js';

/** Whether an address, or a name, is this machine's own alone. */
export function isLoopback(host: string): boolean {
    const bare = host.replace(/^\[(.*)\]$/, '$1');
    return bare === 'localhost' || bare === '::1' || (isIP(bare) === 4 && bare.startsWith('127.'));
}

/**
 * Refuses a request that a web page sent: its own server's name can be made to point here (DNS rebinding), and a page
 * may send what it likes anywhere.
 * @param allowed origins whose pages may
 * @throws ApiError 403
 */
export function checkOrigin({ host, origin }: IncomingHttpHeaders, allowed: readonly string[] = []): void {
    const refused = (what: string, value: string): ApiError =>
        new ApiError(
            403,
            `requests of ${what} ${JSON.stringify(value)} are refused: this server serves only this machine`,
        );
    if (!isLoopback(hostOf(`http://${host ?? ''}`))) throw refused('the host', host ?? '');
    if (origin !== undefined && !allowed.includes(origin) && !isLoopback(hostOf(origin)))
        throw refused('the origin', origin);
}

/**
 * Compares keys in the same time whatever they are.
 * @throws ApiError 401
 */
export function checkKey(authorization: string | undefined, key: string): void {
    const given = /^Bearer (.+)$/i.exec(authorization ?? '')?.[1] ?? '';
    if (timingSafeEqual(digest(given), digest(key))) return;
    throw new ApiError(401, 'the API key is missing or wrong; send it as Authorization: Bearer KEY', {
        code: 'invalid_api_key',
    });
}

function hostOf(url: string): string {
    return URL.canParse(url) ? new URL(url).hostname : '';
}

function digest(text: string): Buffer {
    return createHash('sha256').update(text).digest();
}
