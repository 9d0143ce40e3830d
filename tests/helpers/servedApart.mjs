// A server in a process of its own, from dist/, so that its event loop can be watched: servedApart.mjs MODEL OPTIONS.
// Over its channel: first its address; then for each 'delay' the longest that its event loop was held since the one
// before, in milliseconds.
import { readFileSync } from 'node:fs';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { Engine } from '../../dist/engine/Engine.js';
import { measuredEngines } from './measured.mjs';
import { wholeModel } from '../../dist/interventions/ModelState.js';
import { serve } from '../../dist/serve/serve.js';

const MeasuredEngine = measuredEngines(Engine);
const [model, options = '{}'] = process.argv.slice(2);
// Keys and values in F32: what is computed beside a token does not change it by more than rounding in F32.
const engine = await MeasuredEngine.open({ model, gpu: 'off', threads: 1, windowSize: 256, f32Cache: true });
const delay = monitorEventLoopDelay({ resolution: 1 });
const stop = new globalThis.AbortController();

/**
 * Milliseconds that this thread has computed, where Linux tells: on a machine that is busy otherwise it stands still at
 * times, which no handler is to blame for.
 */
function computed() {
    try {
        return Number(readFileSync(`/proc/self/task/${process.pid}/schedstat`, 'utf8').split(' ')[0]) / 1e6;
    } catch {
        return undefined;
    }
}

let [last, longest] = [computed(), 0];
setInterval(() => {
    const now = computed();
    longest = Math.max(longest, now - last);
    last = now;
}, 2);

process.on('message', () => {
    const held = delay.max / 1e6;
    process.send({ held: last === undefined ? held : Math.min(held, longest) });
    delay.reset();
    [last, longest] = [computed(), 0];
});
process.on('disconnect', () => stop.abort());
delay.enable();
await serve({
    engine,
    models: [wholeModel],
    port: 0,
    parallel: 4,
    requestSize: 256,
    signal: stop.signal,
    onStart: (url) => process.send(url),
    ...JSON.parse(options),
});
engine.close();
process.exit();
