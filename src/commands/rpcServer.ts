import { serveRpc } from '../engine/serveRpc.js';
import { orStopped } from '../support/stop.js';
import type { CommandOf } from './arguments/CommandDeclaration.js';
import type { rpcServerDeclaration } from './arguments/declarations.js';

/** `rpc-server`: serves until it is stopped. */
export const rpcServerCommand: CommandOf<typeof rpcServerDeclaration> = (args, { signal, say }) => {
    const onStart = (endpoint: string, devices: readonly string[]): void => {
        say(`lending ${devices.join(', ')} on ${endpoint}; Ctrl-C ends it`);
        if (!endpoint.startsWith('127.')) {
            say('warning: whoever reaches this address can use this machine: trusted networks only (docs/rpc.md)');
        }
    };
    return orStopped(serveRpc({ ...args, onStart }), signal);
};
