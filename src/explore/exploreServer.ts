import { randomBytes, timingSafeEqual } from 'node:crypto';
import { fastify, type FastifyInstance } from 'fastify';
import { ApiError } from '../serve/ApiError.js';
import { checkOrigin } from '../serve/guards.js';
import { listen } from '../serve/listen.js';
import type { SiteFiles } from './buildSite.js';
import type { LiveModel } from './live/LiveModel.js';
import { addLive } from './live/liveRoutes.js';

export interface ExploreServerOptions {
    /** Default 0: any that is free. */
    readonly port?: number | undefined;
    /** Ends it. */
    readonly signal: AbortSignal;
    /** Called with the page's address once it listens. */
    readonly onStart?: ((url: string) => void) | undefined;
}

/**
 * Serves a site to browsers of this machine until the signal ends it. Its address holds a random token: other users
 * and other pages of the machine do not know it.
 * @param live answers the live pages' questions
 */
export async function serveSite(site: SiteFiles, options: ExploreServerOptions, live?: LiveModel): Promise<void> {
    const { port = 0, signal, onStart = () => undefined } = options;
    const token = randomBytes(16).toString('base64url');
    await listen(createSiteServer(site, token, live), {
        host: '127.0.0.1',
        port,
        signal,
        stop: () => Promise.resolve(),
        onStart: (address) => onStart(`${address}/${token}/`),
    });
}

const contentTypes: Readonly<Record<string, string>> = {
    bin: 'application/octet-stream',
    css: 'text/css; charset=utf-8',
    html: 'text/html; charset=utf-8',
    js: 'text/javascript; charset=utf-8',
    json: 'application/json; charset=utf-8',
    svg: 'image/svg+xml',
};

const unknownPage = 'there is no such page; open the address that explore printed';

/** The HTTP server, not listening yet. */
export function createSiteServer(site: SiteFiles, token: string, live?: LiveModel): FastifyInstance {
    const app = fastify();
    const checkToken = (given: string): void => {
        if (!isSame(given, token)) throw new ApiError(404, unknownPage);
    };
    app.addHook('onRequest', async ({ headers }) => checkOrigin(headers));
    app.setErrorHandler((cause, _request, reply) => {
        const { status, body } = ApiError.of(cause);
        return reply.code(status).send(body);
    });
    app.get<{ Params: { token: string; '*': string } }>('/:token/*', async ({ params }, reply) => {
        const path = params['*'] === '' ? 'index.html' : params['*'];
        checkToken(params.token);
        const content = site.get(path);
        if (content === undefined) throw new ApiError(404, unknownPage);
        return reply
            .headers({
                'content-type': contentTypes[path.split('.').at(-1)!] ?? 'application/octet-stream',
                'cache-control': 'no-store',
                'referrer-policy': 'no-referrer',
                'x-content-type-options': 'nosniff',
                'x-frame-options': 'DENY',
            })
            .send(await content());
    });
    if (live !== undefined) addLive(app, live, checkToken);
    return app;
}

/** In the same time whatever they are. */
function isSame(given: string, token: string): boolean {
    const [a, b] = [Buffer.from(given), Buffer.from(token)];
    return a.length === b.length && timingSafeEqual(a, b);
}
