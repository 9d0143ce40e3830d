import { describe, expect, it } from 'vitest';
import { Admission } from '../../../src/serve/Admission.js';
import { ApiError } from '../../../src/serve/ApiError.js';
import { checkKey, checkOrigin, isLoopback } from '../../../src/serve/guards.js';
import { checkHost } from '../../../src/serve/listen.js';
import { checkOrigins } from '../../../src/serve/origins.js';

it('a loopback address is one of this machine alone', () => {
    for (const host of ['127.0.0.1', '127.8.9.1', 'localhost', '::1', '[::1]']) expect(isLoopback(host)).toBe(true);
    for (const host of ['0.0.0.0', '::', '192.168.0.2', '127.evil.com', 'localhost.evil.com', '', '128.0.0.1'])
        expect(isLoopback(host)).toBe(false);
});

describe('a request to this machine', () => {
    it('is of its own names, with any port', () => {
        for (const host of ['127.0.0.1:8080', 'localhost', 'LOCALHOST:1', '[::1]:8080'])
            expect(() => checkOrigin({ host })).not.toThrow();
        expect(() => checkOrigin({ host: 'localhost', origin: 'http://localhost:5173' })).not.toThrow();
    });

    it('by another name, or from a web page elsewhere, is refused', () => {
        for (const headers of [
            {},
            { host: 'evil.com' },
            { host: '127.0.0.1.nip.io:8080' },
            { host: 'localhost@evil.com' },
            { host: 'localhost', origin: 'https://evil.com' },
            { host: 'localhost', origin: 'null' },
        ])
            expect(() => checkOrigin(headers)).toThrow(expect.objectContaining({ status: 403 }) as ApiError);
    });
});

describe('a web page of a named origin', () => {
    it('may ask, and no other', () => {
        const origins = checkOrigins(['https://example.org', 'http://localhost:5173']);
        expect(origins).toEqual(['https://example.org', 'http://localhost:5173']);
        expect(() => checkOrigin({ host: 'localhost', origin: 'https://example.org' }, origins)).not.toThrow();
        for (const origin of ['https://example.org.evil.com', 'http://example.org', 'https://example.org:8443', 'null'])
            expect(() => checkOrigin({ host: 'localhost', origin }, origins)).toThrow(/refused/);
        expect(() => checkOrigin({ host: 'evil.com', origin: 'https://example.org' }, origins)).toThrow(/the host/);
        expect(checkOrigins([])).toEqual([]);
        expect(checkOrigins(['HTTPS://Example.ORG:443/'])).toEqual(['https://example.org']); // as a browser writes it
    });

    it.each(['*', 'null', '', 'example.org', 'https://example.org/path', 'https://a,', 'file:///x', 'https://*.org'])(
        'is not named by %o',
        (text) => {
            expect(() => checkOrigins(text.split(','))).toThrow(/`allowOrigin` takes/);
        },
    );

    it.each(['https://user:pw@example.org', 'https://example.org?a', 'https://example.org#a', 'javascript:alert(1)'])(
        'is not named by %o',
        (text) => {
            expect(() => checkOrigins(text.split(','))).toThrow(/`allowOrigin` takes/);
        },
    );
});

it('a key is taken as it is, and no other', () => {
    expect(() => checkKey('Bearer secret', 'secret')).not.toThrow();
    for (const given of [undefined, '', 'secret', 'Bearer', 'Bearer secre', 'Bearer secret2', 'Basic secret'])
        expect(() => checkKey(given, 'secret')).toThrow(expect.objectContaining({ status: 401 }) as ApiError);
});

it('other machines are let in with a key alone', () => {
    expect(() => checkHost('127.0.0.1', undefined)).not.toThrow();
    expect(() => checkHost('0.0.0.0', 'secret')).not.toThrow();
    expect(() => checkHost('0.0.0.0', undefined)).toThrow(/LANGUAGE_NEURONS_API_KEY/);
});

it('answers are let in up to a number, and those that leave make room, once', () => {
    const admission = new Admission(3);
    const leave = admission.enter(2);
    expect(() => admission.enter(2)).toThrow(expect.objectContaining({ status: 429 }) as ApiError);
    expect(() => admission.enter(4)).toThrow(expect.objectContaining({ status: 400 }) as ApiError);
    admission.enter(1);
    leave();
    leave();
    admission.enter(2);
    expect(() => admission.enter(1)).toThrow(expect.objectContaining({ type: 'rate_limit_error' }) as ApiError);
});
