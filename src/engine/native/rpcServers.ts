import { connect } from 'node:net';
import { LanguageNeuronsError, wrongUse } from '../../errors.js';
import type { NativeAddon } from './addon.js';
import { awaitNative } from './nativeError.js';

/** Milliseconds for a server to say its version. It serves one client at a time, and lets others wait. */
export const serverPatience = 5000;
/** ggml's scheduler takes 16 backends, those of the CPU and of an accelerator of it among them. */
const mostDevices = 14;
/** Servers that this process holds the connection to: they answer no other. */
const connected = new Set<string>();

// ggml-rpc's handshake: a byte for the command, 8 for the length of what follows, and what either side can do beside
// TCP; the answer's length, the version in three bytes and one of padding, and the same again.
const helloCommand = 14;
const capabilities = 24;
const hello = Buffer.concat([Buffer.of(helloCommand, capabilities), Buffer.alloc(7 + capabilities)]);
const answerBytes = 4 + capabilities;

/**
 * @param servers as `host:port`, the host a name or an IPv4 address, which is what ggml's RPC takes
 * @throws LanguageNeuronsError WRONG_USE for what is none, or given twice
 */
export function checkServers(servers: readonly string[]): void {
    for (const server of servers) endpointOf(server);
    const twice = servers.find((server, i) => servers.indexOf(server) < i);
    if (twice === undefined) return;
    throw wrongUse(`rpc names ${twice} twice; give each server once`);
}

/**
 * @param devices those of all servers and of this machine's GPU backend
 * @throws LanguageNeuronsError UNSUPPORTED where they are more than ggml takes
 */
export function checkDeviceCount(devices: number): void {
    if (devices <= mostDevices) return;
    const mend = 'name fewer servers, or leave the GPU out (`gpu: off`)';
    throw new LanguageNeuronsError(
        'UNSUPPORTED',
        `RPC servers and GPU have ${devices} devices, but ggml takes at most ${mostDevices}; ${mend}`,
    );
}

function endpointOf(server: string): { host: string; port: number } {
    const [, host, port] = /^([^\s:,]+):(\d{1,5})$/.exec(server) ?? [];
    if (host === undefined || !(Number(port) >= 1 && Number(port) <= 65_535)) {
        throw wrongUse(
            `rpc takes servers as host:port, not ${JSON.stringify(server)}; give for example 192.168.0.2:50052`,
        );
    }
    return { host, port: Number(port) };
}

/**
 * Connects to servers for as long as the process lasts. Each is asked for its version first: ggml itself aborts the
 * process where one is not there, and waits forever where one is busy.
 * @param patience milliseconds for each to say its version
 * @returns names of their devices, in the order of the servers
 * @throws LanguageNeuronsError NOT_FOUND where a server does not answer, MISMATCH where it speaks another version
 */
export async function addServers(
    addon: NativeAddon,
    servers: readonly string[],
    patience = serverPatience,
): Promise<string[]> {
    const own = addon.rpcVersion().join('.');
    const devices: string[] = [];
    for (const server of servers) {
        if (!connected.has(server)) {
            const version = await askVersion(server, patience);
            if (version !== own) {
                throw new LanguageNeuronsError(
                    'MISMATCH',
                    `RPC server ${server}: speaks version ${version} of ggml's protocol, but this build ` +
                        `speaks ${own}; start the rpc-server of this version of language-neurons there`,
                );
            }
        }
        devices.push(...(await awaitNative(() => addon.addRpcServer(server))));
        connected.add(server);
    }
    return devices;
}

/**
 * The version of a server's protocol, such as `7.0.0`.
 * @throws LanguageNeuronsError NOT_FOUND
 */
async function askVersion(server: string, patience: number): Promise<string> {
    const socket = connect({ ...endpointOf(server), family: 4, signal: AbortSignal.timeout(patience) });
    const parts: Buffer[] = [];
    try {
        socket.write(hello);
        for await (const part of socket as AsyncIterable<Buffer>) {
            parts.push(part);
            if (Buffer.concat(parts).length >= 8 + answerBytes) break;
        }
    } catch (cause) {
        const { name, message } = cause as Error;
        const why =
            name === 'AbortError'
                ? `no answer in ${patience / 1000} s (it serves one program at a time)`
                : `no connection (${message})`;
        throw notFound(server, why, cause);
    } finally {
        socket.destroy();
    }
    const answer = Buffer.concat(parts);
    if (answer.length < 8 + answerBytes || answer.readBigUInt64LE() !== BigInt(answerBytes)) {
        throw notFound(server, 'the answer is not that of an RPC server of this version');
    }
    return [...answer.subarray(8, 11)].join('.');
}

function notFound(server: string, why: string, cause?: unknown): LanguageNeuronsError {
    const mend = 'check that language-neurons rpc-server is running there and is free';
    return new LanguageNeuronsError('NOT_FOUND', `RPC server ${server}: ${why}; ${mend}`, { cause });
}
