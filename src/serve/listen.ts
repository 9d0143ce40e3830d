import type { AddressInfo, Socket } from 'node:net';
import type { FastifyInstance } from 'fastify';
import { LanguageNeuronsError, wrongUse } from '../errors.js';
import { isLoopback } from './guards.js';

/** Milliseconds for answers under way to end by themselves once a stop is asked for. */
const grace = 1000;

export interface ListenOptions {
    readonly host: string;
    /** 0: any that is free. */
    readonly port: number;
    readonly signal: AbortSignal;
    /** Ends what is still under way, with an error to its clients. */
    readonly stop: () => Promise<void>;
    /** Called with the address, such as `http://127.0.0.1:8080`, once it listens. */
    readonly onStart: (url: string) => void;
}

/**
 * @throws LanguageNeuronsError WRONG_USE where others may reach the address and no key is asked of them
 */
export function checkHost(host: string, apiKey: string | undefined): void {
    if (isLoopback(host) || apiKey !== undefined) return;
    throw wrongUse(
        `\`host: ${host}\` lets other machines send requests; also give an API key, in LANGUAGE_NEURONS_API_KEY or ` +
            '`apiKey`, or leave `host` out',
    );
}

/**
 * Serves until it is stopped; then answers under way have a moment to end.
 * @throws LanguageNeuronsError WRONG_USE for an address that is taken or not this machine's
 */
export async function listen(app: FastifyInstance, options: ListenOptions): Promise<void> {
    const { host, port, signal, stop, onStart } = options;
    const connections = new Set<Socket>();
    app.server.on('connection', (socket) => {
        connections.add(socket);
        socket.once('close', () => connections.delete(socket));
    });
    try {
        await app.listen({ host: host.replace(/^\[(.*)\]$/, '$1'), port });
    } catch (cause) {
        const { code, message } = cause as NodeJS.ErrnoException;
        const why = code === 'EADDRINUSE' ? `port ${port} of ${host} is taken` : message;
        throw new LanguageNeuronsError('WRONG_USE', `${why}; give another \`port\` or \`host\``, { cause });
    }
    const { address, family, port: given } = app.server.address() as AddressInfo;
    onStart(`http://${family === 'IPv6' ? `[${address}]` : address}:${given}`);
    await aborted(signal);
    const closed = app.close(); // takes no more; ends with the last response
    const timer = setTimeout(() => void stop(), grace);
    // A client may keep a connection whose last response is over, or open one and ask nothing on it, which Node does
    // not call idle for a minute.
    const sweep = setInterval(() => {
        app.server.closeIdleConnections();
        for (const socket of connections) if (socket.bytesRead === 0) socket.destroy();
    }, 50);
    await closed;
    clearTimeout(timer);
    clearInterval(sweep);
}

function aborted(signal: AbortSignal): Promise<void> {
    return new Promise((done) => {
        if (signal.aborted) return done();
        signal.addEventListener('abort', () => done(), { once: true });
    });
}
