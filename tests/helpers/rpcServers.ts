import type { ChildProcess } from 'node:child_process';
import { connect, createServer, type AddressInfo } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';
import { loadRpc } from '../../src/engine/native/loadBackends.js';
import { startCli } from './cli.js';

/** Why there is no RPC to test, which is printed, or undefined. */
export function absentRpc(): Promise<string | undefined> {
    return loadRpc().then(
        () => undefined,
        ({ message }: Error) => {
            console.log(`RPC is not tested: ${message}`);
            return message;
        },
    );
}

export interface RpcServer {
    /** `host:port`. */
    readonly endpoint: string;
    readonly child: ChildProcess;
    /** Ends it at once, and waits for that. */
    kill(): Promise<void>;
}

/** A server of this machine's CPU, on the loopback address unless another is given, that can be connected to. */
export async function startServer(port?: number): Promise<RpcServer> {
    port ??= await freePort();
    const { child, ended } = startCli(['rpc-server', '--port', String(port), '--gpu', 'off', '--threads', '1']);
    let running = true;
    void ended.then(() => (running = false));
    while (!(await answers(port))) {
        if (!running) throw new Error(`no server on port ${port}: ${(await ended).stderr}`);
        await wait(50);
    }
    return {
        endpoint: `127.0.0.1:${port}`,
        child,
        kill: async () => {
            child.kill('SIGKILL'); // its child ends with it
            await ended;
            while (await answers(port)) await wait(20);
        },
    };
}

export async function freePort(): Promise<number> {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    await new Promise((resolve) => server.close(resolve));
    return port;
}

function answers(port: number): Promise<boolean> {
    return new Promise((resolve) => {
        const socket = connect({ host: '127.0.0.1', port }, () => {
            socket.destroy();
            resolve(true);
        });
        socket.on('error', () => resolve(false));
    });
}
