import { type MeasuredEngine } from './MeasuredEngine.js';
import { neuronsAt } from '../../src/engine/types/Site.js';
import { modelStates, type ModelState } from '../../src/interventions/ModelState.js';
import { serve } from '../../src/serve/serve.js';
import type { ServeOptions } from '../../src/serve/ServeOptions.js';

/** A server in this process, until `end` is called. */
export interface RunningServer {
    /** Up to `/v1`. */
    readonly url: string;
    readonly models: readonly ModelState[];
    end(): Promise<void>;
}

/** Serves the whole model and one without every seventh neuron of each layer. */
export async function startServer(engine: MeasuredEngine, options: Partial<ServeOptions> = {}): Promise<RunningServer> {
    const some = engine.sites.flatMap((site, i) =>
        Array.from({ length: Math.ceil(neuronsAt(site) / 7) }, (_, j) => [i, j * 7] as const),
    );
    const models = modelStates([{ name: 'without-some', interventions: [{ op: 'zero', neurons: some }] }], engine);
    const stop = new AbortController();
    let started: (url: string) => void;
    const listening = new Promise<string>((resolve) => (started = resolve));
    const ended = serve({
        engine,
        models,
        port: 0,
        parallel: 8,
        requestSize: 256,
        signal: stop.signal,
        onStart: (url) => started(url),
        ...options,
    });
    const url = await Promise.race([listening, ended.then(() => '')]);
    return {
        url,
        models,
        end: async () => {
            stop.abort();
            await ended;
        },
    };
}
