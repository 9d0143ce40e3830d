// Counts models with the adapter and with the reference, one after another, and says what came out of each. Started by
// Counter.ts; an abort inside llama.cpp takes this process along, not the test.
const load = (path) => import(new URL(`../../dist/${path}`, import.meta.url).href);
const { LanguageNeuronsError } = await load('index.js');
const { MeasuredEngine } = await load('engine/MeasuredEngine.js');

/**
 * The models' vocabulary is of 64 tokens or more; the order of these is not one that a router could tell from noise.
 */
const tokens = Int32Array.from({ length: 24 }, (_, i) => (i * 37 + 11) % 64);
const texts = [{ tokens, promptLength: 0, characters: tokens.length }];
const settings = { batchSize: 32, contextSize: 256, windowSize: 32, threads: 2 };

const keysOf = ({ counts, routed }) => counts.map((site, i) => `${site.join()}|${routed[i].join()}`);

async function countOf(options) {
    const engine = await MeasuredEngine.open(options);
    try {
        return { sites: engine.sites, counted: await engine.count(texts) };
    } finally {
        engine.close();
    }
}

async function examine({ path, gpu }) {
    const options = { ...settings, model: path, gpu };
    const { sites, counted } = await countOf(options);
    const { counted: reference } = await countOf({ ...options, callbackTensor: '*' });
    // The reference meets sites in its own order and does not name them: equal as a multiset.
    const left = keysOf(reference);
    const differing =
        keysOf(counted).filter((key) => {
            const at = left.indexOf(key);
            if (at >= 0) left.splice(at, 1);
            return at < 0;
        }).length + left.length;
    const active = counted.counts.flatMap((site) => [...site]).reduce((sum, count) => sum + Number(count), 0);
    const possible = sites.reduce((sum, { width, used }) => sum + width * used, 0) * tokens.length;
    const unrouted = counted.routed.flatMap((site) => [...site]).filter((count) => count === 0n).length;
    return { sites, differing, active, possible, unrouted };
}

process.on('message', async (request) => {
    try {
        process.send({ found: await examine(request) });
    } catch (error) {
        const known = error instanceof LanguageNeuronsError;
        process.send({
            refused: { code: known ? error.code : 'a fault in the tool', message: known ? error.message : error.stack },
        });
    }
});
