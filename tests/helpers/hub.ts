import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface Hub {
    /** Such as `http://127.0.0.1:1234/`. */
    readonly url: string;
    /** Paths that were asked for. */
    readonly asked: string[];
    close(): Promise<void>;
}

/** A server that stands for the hub: all of its repositories hold one file, and `latest` is Q8_0. */
export async function startHub(file: string): Promise<Hub> {
    const content = readFileSync(file);
    const asked: string[] = [];
    const server = createServer(({ url = '', method, headers }, response) => {
        asked.push(url);
        if (url.startsWith('/v2/')) {
            response.setHeader('content-type', 'application/json');
            response.end(JSON.stringify({ ggufFile: { rfilename: 'file.Q8_0.gguf' } }));
            return;
        }
        if (url.includes('missing')) response.statusCode = 404;
        const range = /^bytes=(\d+)-(\d+)$/.exec(headers.range ?? '');
        const [from, to] = range === null ? [0, content.length - 1] : [Number(range[1]), Number(range[2])];
        if (range !== null) {
            response.statusCode = 206;
            response.setHeader('content-range', `bytes ${from}-${to}/${content.length}`);
        }
        response.setHeader('accept-ranges', 'bytes');
        response.setHeader('content-length', to - from + 1);
        response.end(method === 'HEAD' ? undefined : content.subarray(from, to + 1));
    });
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
    return {
        url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
        asked,
        close: () =>
            new Promise((done) => {
                server.close(() => done());
                server.closeAllConnections();
            }),
    };
}
