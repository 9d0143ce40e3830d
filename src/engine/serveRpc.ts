import { lookup } from 'node:dns/promises';
import { createServer } from 'node:net';
import { LanguageNeuronsError } from '../errors.js';
import { defaultThreads } from './loading/defaultThreads.js';
import type { GpuChoice } from './types/engineTypes.js';
import { loadBackends, loadRpc } from './native/loadBackends.js';
import { awaitNative } from './native/nativeError.js';

export interface ServeRpcOptions {
    /** IPv4 address, or a name that has one, to listen on. */
    readonly host: string;
    readonly port: number;
    readonly gpu: GpuChoice;
    readonly threads?: number | undefined;
    /** Called before it listens, with the address and the devices' descriptions. */
    readonly onStart: (endpoint: string, devices: readonly string[]) => void;
}

/**
 * Lends this machine's GPUs, or its CPU where there are none, by ggml's RPC, until the process ends.
 * @throws LanguageNeuronsError NOT_FOUND for a host without an IPv4 address, UNWRITABLE where it cannot be listened
 * on, UNSUPPORTED where this build has no RPC; BUILD
 */
export async function serveRpc({ host, port, gpu, threads, onStart }: ServeRpcOptions): Promise<never> {
    const addon = await loadRpc();
    const { gpus, devices } = await loadBackends(gpu);
    const lent = gpus.length > 0 ? gpus : devices.filter(({ kind }) => kind === 'cpu');
    const { address } = await lookup(host, { family: 4 }).catch((cause: Error) => {
        throw new LanguageNeuronsError(
            'NOT_FOUND',
            `${host}: has no IPv4 address (${cause.message}); give an address of this machine`,
            { cause },
        );
    });
    const endpoint = `${address}:${port}`;
    await checkListening(address, port);
    onStart(
        endpoint,
        lent.map(({ name, description }) => `${name} (${description})`),
    );
    const names = lent.map(({ name }) => name);
    const used = threads ?? (await defaultThreads());
    return awaitNative(() => addon.serveRpc(endpoint, used, names));
}

/** Tries to listen: the native server does not say why it cannot. */
function checkListening(host: string, port: number): Promise<void> {
    return new Promise((resolve, reject) => {
        const server = createServer();
        server.on('error', (cause) =>
            reject(
                new LanguageNeuronsError(
                    'UNWRITABLE',
                    `${host}:${port}: cannot listen there (${cause.message}); give another host or port`,
                    { cause },
                ),
            ),
        );
        server.listen({ host, port }, () => server.close(() => resolve()));
    });
}
