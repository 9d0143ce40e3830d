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

/** What is wrong with the values of activations; '' where nothing is. */
async function faultOfValues(options, { sites, counted }) {
    const addable = sites.every((site) => site.addable);
    const valued = await countOf({ ...options, values: true }).catch((error) => error);
    if (!addable) return valued.code === 'UNSUPPORTED' ? '' : 'values of what has none are not refused';
    if (valued instanceof Error) return `values: ${valued.message}`;
    const { counts, routed, sums, histograms, tokens: total } = valued.counted;
    if (keysOf(valued.counted).join() !== keysOf(counted).join()) return 'counts with values differ';
    if (sums.every((site) => site.every((sum) => sum === 0n))) return 'all sums are 0';
    const other = options.gpu === 'off' ? await countOf({ ...options, values: true, counting: 'transpose' }) : valued;
    for (const [i, site] of sums.entries()) {
        const { width } = sites[i];
        for (const [j, sum] of site.entries()) {
            const difference = Number(sum - other.counted.sums[i][j]) / 2 ** 20;
            if (Math.abs(difference) > 1e-3) return `site ${i}: the ways of adding up differ by ${difference}`;
            // What is above 0 was counted, what is below was not: these are the activations, not what they meet.
            const through = routed[i].length === 0 ? total : routed[i][Math.floor(j / width)];
            if (counts[i][j] === 0n && sum > 0n) return `site ${i}: a neuron that never fires has a sum above 0`;
            if (counts[i][j] === through && sum < 0n) return `site ${i}: one that always fires has a sum below 0`;
            if (routed[i].length > 0 || options.gpu !== 'off') continue;
            const bins = histograms[i].subarray(64 * j, 64 * (j + 1));
            const [below, above] = [bins.subarray(0, 15), bins.subarray(16)].map((part) =>
                part.reduce((n, count) => n + count, 0),
            );
            if (above > Number(counts[i][j]) || below > Number(total - counts[i][j]))
                return `site ${i}: a neuron's bins do not fit its count`;
        }
    }
    return '';
}

async function examine({ path, gpu }) {
    const options = { ...settings, model: path, gpu };
    const { sites, counted } = await countOf(options);
    const values = await faultOfValues(options, { sites, counted });
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
    return { sites, differing, active, possible, unrouted, values };
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
