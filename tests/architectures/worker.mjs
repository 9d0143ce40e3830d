// Counts models with the adapter and with the reference, one after another, and says what came out of each. Started by
// Counter.ts; an abort inside llama.cpp takes this process along, not the test.
import { measuredEngines } from '../helpers/measured.mjs';
import { twoThreads } from '../helpers/threads.mjs';

const load = (path) => import(new URL(`../../dist/${path}`, import.meta.url).href);
const { Engine, LanguageNeuronsError } = await load('index.js');
const MeasuredEngine = measuredEngines(Engine);

/**
 * The models' vocabulary is of 64 tokens or more; the order of these is not one that a router could tell from noise.
 */
const tokens = Int32Array.from({ length: 24 }, (_, i) => (i * 37 + 11) % 64);
const texts = [{ tokens, promptLength: 0, characters: tokens.length }];
const settings = { batchSize: 32, contextSize: 256, windowSize: 32, threads: twoThreads };

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

/** A text whose prompt, with few enough tokens counted, leaves the last layer with rows for these alone. */
const prompted = [{ tokens, promptLength: 6, characters: tokens.length }];

/** Of every site every third neuron, the last one first. */
const someOf = (sites) =>
    sites.flatMap(({ width, experts }, i) =>
        Array.from({ length: Math.ceil((width * experts) / 3) }, (_, j) => [i, width * experts - 1 - 3 * j]),
    );

/**
 * Whether a value is the activation that the function gave.
 * @param exact bit for bit; else up to rounding
 */
function isOf(value, { product, factor, oneByOne }, at, activation, exact) {
    let expected = product[at];
    let found = value;
    if (activation === 'squared relu') expected = Math.fround(expected * expected);
    if (factor.length > 0) {
        found = Math.fround(value * factor[at]);
        exact &&= !oneByOne;
    }
    return exact ? found === expected : Math.abs(found - expected) <= 1e-6 + 1e-5 * Math.abs(expected);
}

/** Whether all that was watched of a site is what the function gave, and NaN where an expert was not chosen. */
function isWatched({ tokens: counted, values }, neurons, i, site, found, exact) {
    const rows = found.product.length / found.width / found.used;
    const lead = rows - counted.length; // BOS and prompt; an output each have the counted ones alone
    return neurons.every(([number, index], column) => {
        if (number !== i) return true;
        const [expert, neuron] = [Math.floor(index / site.width), index % site.width];
        return counted.every((_, t) => {
            const value = values[t * neurons.length + column];
            const chosen = found.selected.subarray((lead + t) * found.used, (lead + t + 1) * found.used);
            const slot = site.kind === 'routed' ? chosen.indexOf(expert) : 0;
            if (slot < 0) return Number.isNaN(value);
            return isOf(value, found, ((lead + t) * found.used + slot) * site.width + neuron, site.activation, exact);
        });
    });
}

/** What is wrong with activations that are watched; '' where nothing is. */
async function faultOfWatched(options, sites) {
    const callback = await MeasuredEngine.open({ ...options, callbackTensor: '*' });
    const functions = await callback.functions(prompted).finally(() => callback.close());
    const neurons = someOf(sites);
    const onCpu = options.gpu === 'off';
    for (const counting of onCpu ? ['automatic', 'transpose'] : ['automatic']) {
        const engine = await MeasuredEngine.open({ ...options, counting });
        try {
            const texts = [];
            for await (const text of engine.watch(prompted, { neurons })) texts.push(text);
            if (texts.length !== 1 || texts[0].tokens.join() !== tokens.subarray(6).join())
                return 'watched tokens differ';
            // A function in vectors rounds otherwise than one by one, as the ones that are left over are computed.
            const exact = onCpu && counting === 'automatic';
            const left = [...functions];
            for (const [i, site] of sites.entries()) {
                const at = left.findIndex(
                    (found) =>
                        found.layer === site.layer &&
                        found.width === site.width &&
                        found.selected.length > 0 === (site.kind === 'routed') &&
                        isWatched(texts[0], neurons, i, site, found, exact),
                );
                if (at < 0) return `site ${i} (${site.activation}) is watched otherwise, ${counting}`;
                left.splice(at, 1);
            }
        } finally {
            engine.close();
        }
    }
    return '';
}

async function examine({ path, gpu }) {
    const options = { ...settings, model: path, gpu };
    const { sites, counted } = await countOf(options);
    const values = await faultOfValues(options, { sites, counted });
    const watched = await faultOfWatched(options, sites);
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
    return { sites, differing, active, possible, unrouted, values, watched };
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
