import { ranges } from '../support/numberRanges.js';
import type { CommandDeclaration } from './CommandDeclaration.js';
import { engineOptions } from './optionTables.js';

export const rpcServerDeclaration: CommandDeclaration = {
    usage: 'rpc-server',
    describe: "lend this machine's devices to --rpc of another, on a trusted network",
    options: {
        host: {
            default: '127.0.0.1',
            describe: 'IPv4 address to listen on; whoever reaches it can use this machine',
        },
        port: { number: ranges.port, default: 50_052, describe: 'port to listen on' },
        gpu: engineOptions.gpu!,
        threads: engineOptions.threads!,
    },
    load: async () => (await import('./rpcServer.js')).rpcServerCommand,
};
