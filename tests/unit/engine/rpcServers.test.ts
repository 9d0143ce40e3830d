import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { afterAll, describe, expect, it } from 'vitest';
import type { NativeAddon } from '../../../src/engine/native/addon.js';
import { addServers, checkDeviceCount, checkServers, serverPatience } from '../../../src/engine/native/rpcServers.js';
import { freePort } from '../../helpers/rpcServers.js';

const listening: Server[] = [];
const sockets = new Set<Socket>();
// Not after each test: a server that was connected to is known by its port, which must not come again.
afterAll(async () => {
    for (const socket of sockets) socket.destroy();
    for (const server of listening.splice(0)) await new Promise((resolve) => server.close(resolve));
});

/** Something that listens, and its address. */
async function listen(onConnection: (socket: Socket) => void): Promise<string> {
    const server = createServer((socket) => {
        sockets.add(socket.on('error', () => undefined));
        onConnection(socket);
    });
    listening.push(server);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return `127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** A server's answer to a handshake: its length, the version, nothing beside TCP. */
const answer = (...version: number[]): Buffer =>
    Buffer.concat([Buffer.of(28), Buffer.alloc(7), Buffer.from(version), Buffer.alloc(25)]);

const refused = (code: string, told: string) => ({ code, message: expect.stringContaining(told) as string });

/** What is asked for after the handshake is written down. */
function addon(added: string[] = []): NativeAddon {
    const own = {
        rpcVersion: () => [7, 0, 1],
        addRpcServer: (server: string) => Promise.resolve([`RPC${added.push(server) - 1}`]),
    };
    return own as unknown as NativeAddon;
}

describe('RPC servers', () => {
    it('are connected to where they speak this version, in their order, and asked once', async () => {
        const asked: Buffer[] = [];
        const speak = (socket: Socket): void =>
            void socket.on('data', (part) => {
                asked.push(part);
                // In two parts, as a network may bring it.
                socket.write(answer(7, 0, 1).subarray(0, 9));
                setTimeout(() => socket.write(answer(7, 0, 1).subarray(9)), 20);
            });
        const servers = [await listen(speak), await listen(speak)];
        const added: string[] = [];
        expect(await addServers(addon(added), servers)).toEqual(['RPC0', 'RPC1']);
        await addServers(addon(added), servers);
        expect(added).toEqual([...servers, ...servers]);
        expect(asked.map((bytes) => bytes.toString('hex'))).toEqual(servers.map(() => `0e18${'00'.repeat(7 + 24)}`));
    });

    it.each([
        [6, 0, 1],
        [7, 1, 1],
        [7, 0, 0],
    ])('of version %i.%i.%i are refused, with the mend', async (...version) => {
        const server = await listen((socket) => void socket.on('data', () => socket.write(answer(...version))));
        const told = `${version.join('.')} of ggml's protocol, but this build speaks 7.0.1; start the rpc-server`;
        await expect(addServers(addon(), [server])).rejects.toMatchObject(refused('MISMATCH', told));
    });

    it.each([
        ['speaks HTTP', (socket: Socket) => void socket.end(`HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n`)],
        ['hangs up', (socket: Socket) => void socket.on('data', () => socket.end())],
    ])('what %s is none', async (_, onConnection) => {
        const server = await listen(onConnection);
        const told = `RPC server ${server}: the answer is not that of an RPC server`;
        await expect(addServers(addon(), [server])).rejects.toMatchObject(refused('NOT_FOUND', told));
    });

    it('that say nothing are waited for 5 s, here for 0.5', async () => {
        expect(serverPatience).toBe(5000);
        const server = await listen(() => undefined);
        const start = performance.now();
        const asked = addServers(addon(), [server], 500);
        await expect(asked).rejects.toMatchObject(refused('NOT_FOUND', 'no answer in 0.5 s'));
        expect(performance.now() - start).toBeGreaterThan(450);
        expect(performance.now() - start).toBeLessThan(1500);
    });

    it('that are not there are named', async () => {
        const server = `127.0.0.1:${await freePort()}`;
        const told = `RPC server ${server}: no connection (connect ECONNREFUSED ${server}); check`;
        await expect(addServers(addon(), [server])).rejects.toMatchObject(refused('NOT_FOUND', told));
    });

    const wrong = ['', 'host', 'host:', ':1', 'host:0', 'host:65536', '[::1]:50052', 'tcp://host:1', 'a b:1'];
    it.each(wrong)('%j is none', (server) => {
        const told = expect.objectContaining(refused('WRONG_USE', JSON.stringify(server))) as Error;
        expect(() => checkServers(['good:1', server])).toThrow(told);
    });

    it('are each given once, and have no more devices than ggml takes', () => {
        expect(() => checkServers(['a:1', 'b:1', 'a:1'])).toThrow('rpc names a:1 twice');
        checkServers(['a:1', 'b:1', 'a:2']);
        expect(() => checkDeviceCount(15)).toThrow('have 15 devices, but ggml takes at most 14; name fewer');
        checkDeviceCount(14);
    });
});
