// npm run bench:explore -- FOLDER of activation.LL.pt [--rounds N] [--languages L]
// The page of explore in Chromium on the paper's 458,752 neurons, with examples of 5,000 of them (aims: first paint
// <= 1000 ms, a filter <= 100 ms), and a table of neurons in L languages (FLORES-200's number): milliseconds, median
// (quartiles), and the load average at the end of each line.

import { mkdtempSync, rmSync } from 'node:fs';
import { cpus, loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { chromium } from 'playwright-core';
import { uniformInt } from 'pure-rand/distribution/uniformInt';
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';
import yargs from 'yargs';
import { importCounts, writeActivations, writeNeurons } from '../../dist/files.js';
import { examplesPath, writeExamples } from '../../dist/examples/examplesFile.js';
import { noExamples } from '../../dist/examples/NeuronExamples.js';
import { explore } from '../../dist/explore/explore.js';
import { identify } from '../../dist/index.js';
import { spread } from './measure.mjs';

const argv = await yargs(process.argv.slice(2))
    .demandCommand(1, "give the folder of the authors' activation.LL.pt files")
    .option('rounds', { type: 'number', default: 10 })
    .option('languages', { type: 'number', default: 204 })
    .parseAsync();
const { rounds } = argv;
/** Milliseconds from the address to the first contentful paint. */
const firstPaint = `new Promise((done) => {
    new PerformanceObserver((list) => done(list.getEntries()[0].startTime))
        .observe({ type: 'paint', buffered: true });
})`;
const folder = mkdtempSync(join(tmpdir(), 'language-neurons-bench-'));
const stop = new AbortController();
const browser = await chromium.launch({ executablePath: '/usr/bin/chromium', args: ['--no-sandbox'] });
console.log(
    `${new Date().toISOString()}  ${cpus()[0].model} x ${cpus().length}, ` +
        `node ${process.version}; ${rounds} rounds; median (quartiles)`,
);

const paper = join(folder, 'paper');
await writeRun(paper, await importCounts(argv._[0]), 5000);
await measure('paper', paper, async (page, line) => {
    await line('filter by languages', () => filtered(page, '#/neurons?languages=zh,ja', '#/neurons?languages=de'));
    await line('filter by class', () => filtered(page, '#/neurons?classes=any', '#/neurons?classes=general'));
    await line('sort all by probability', () => filtered(page, '#/neurons?classes=any&sort=zh', '#/neurons'));
    await line('search of a token', () => filtered(page, '#/neurons?classes=any&token=river', '#/neurons'));
});
const wide = join(folder, 'wide');
await writeRun(wide, madeUp(argv.languages), 0);
await measure(`${argv.languages} languages`, wide, async (page, line) => {
    await line('table shown', () => filtered(page, '#/neurons?classes=any', '#/neurons?classes=general'));
    await line('a step down', () => scrolled(page, 0, 900));
    await line('a step to the right', () => scrolled(page, 400, 0));
    console.log(`cells in the document: ${await page.locator('[role="gridcell"]').count()}`);
});
await browser.close();
stop.abort();
rmSync(folder, { recursive: true, force: true });

async function measure(name, run, work) {
    const url = await new Promise((onStart, failed) => {
        explore(run, { signal: stop.signal, onStart }).catch(failed);
    });
    const line = async (label, one) => {
        const took = [];
        for (let round = -1; round < rounds; round++) {
            const ms = await one();
            if (round >= 0) took.push(ms); // round -1 warms up
        }
        const { median, least, most } = spread(took);
        const range = `${median.toFixed(0)} ms (${least.toFixed(0)} to ${most.toFixed(0)})`;
        console.log(`${name}: ${label}`.padEnd(44), range.padEnd(26), `load ${loadavg()[0].toFixed(1)}`);
    };
    for (const view of ['overview', 'neurons']) {
        await line(`first paint, ${view}`, () => fresh(`${url}#/${view}`, (page) => page.evaluate(firstPaint)));
        if (view === 'neurons')
            await line('first row', () =>
                fresh(`${url}#/${view}`, async (page) => {
                    await page.waitForSelector('.grid .row');
                    return page.evaluate('performance.now()');
                }),
            );
    }
    const page = await browser.newPage({ viewport: { width: 1300, height: 900 }, bypassCSP: true });
    await page.goto(`${url}#/neurons`);
    await page.waitForSelector('.grid .row');
    const begin = performance.now();
    await page.waitForSelector('.tools button:enabled', { timeout: 300_000 }); // CSV: all is read
    console.log(`${name}: tokens read ${Math.round(performance.now() - begin)} ms after the first row`);
    await work(page, line);
    await page.close();
}

async function fresh(address, one) {
    const page = await browser.newPage({ viewport: { width: 1300, height: 900 }, bypassCSP: true });
    await page.goto(address);
    await page.waitForSelector('h1');
    const ms = await one(page);
    await page.close();
    return ms;
}

/** Milliseconds from the change of an address to the number of neurons that it finds, on the screen. */
async function filtered(page, hash, before) {
    const change = (to) =>
        page.evaluate(`new Promise((done) => {
            const status = document.querySelector('main [role="status"]');
            const begin = performance.now();
            const observer = new MutationObserver(() => {
                observer.disconnect();
                requestAnimationFrame(() => setTimeout(() => done(performance.now() - begin)));
            });
            observer.observe(status, { characterData: true, childList: true, subtree: true });
            location.hash = ${JSON.stringify(to)};
        })`);
    await change(before);
    await page.waitForTimeout(100);
    return change(hash);
}

/** Milliseconds of a step, until it is on the screen. */
async function scrolled(page, right, down) {
    const ms = await page.evaluate(`new Promise((done) => {
        const grid = document.querySelector('.grid');
        const begin = performance.now();
        grid.scrollBy(${right}, ${down});
        const rows = grid.querySelector('.spacer');
        const observer = new MutationObserver(() => {
            observer.disconnect();
            requestAnimationFrame(() => setTimeout(() => done(performance.now() - begin)));
        });
        observer.observe(rows, { childList: true, subtree: true });
        setTimeout(() => done(NaN), 5000);
    })`);
    await page.waitForTimeout(100);
    return ms;
}

async function writeRun(run, activations, withExamples) {
    const analysis = identify(activations);
    await writeActivations(join(run, 'activations.safetensors'), activations);
    await writeNeurons(join(run, 'neurons.json'), analysis);
    if (withExamples > 0) await writeSomeExamples(run, activations, withExamples);
}

/** Strongest tokens alone, in every language, of neurons that are spread over the layers. */
async function writeSomeExamples(run, { languages, counts, source }, count) {
    const words = ['river', 'Fluss', '河', 'река', 'rivière', 'นที', 'নদী', 'mto'];
    const random = xoroshiro128plus(1);
    const width = counts[0].length / languages.length;
    const perLayer = Math.ceil(count / counts.length);
    const neurons = counts.flatMap((_, site) => Array.from({ length: perLayer }, (_, j) => [site, j * 2]));
    const vocabulary = words.flatMap((word) => Array.from({ length: 10_000 }, (_, i) => `${word}${i}`));
    const place = () => uniformInt(random, 0, vocabulary.length - 1);
    const places = () => Array.from({ length: 5 }, place);
    const token = () => vocabulary[place()];
    const example = (value) => ({
        ...{ text: 0, key: 0, position: 0, value, at: 24 },
        tokens: Array.from({ length: 49 }, token),
        values: new Array(49).fill(value),
    });
    const examplesOf = () => ({
        ...noExamples,
        languages: Object.fromEntries(
            languages.map((language) => [
                language,
                { active: 9, histogram: [9, 0], strongest: Array.from({ length: 20 }, (_, i) => example(20 - i)) },
            ]),
        ),
    });
    const head = {
        ...{ languages, neurons, edges: [0, 1], seed: 1, key: '', done: {}, source },
        sites: counts.map((_, layer) => ({ layer, kind: 'dense', width, experts: 1 })),
        tokens: Object.fromEntries(languages.map((language) => [language, 1000])),
        ...{ kinds: {}, wordBeginnings: 0, vocabulary },
        strongest: neurons.map(() => Array.from({ length: 1 + languages.length }, places)),
    };
    await writeExamples(examplesPath(run), head, each(neurons, examplesOf));
}

function* each(neurons, of) {
    for (const neuron of neurons) yield of(neuron);
}

function madeUp(number) {
    const [layers, width, through] = [8, 2000, 50_000];
    const random = xoroshiro128plus(1);
    const count = () => BigInt(Math.floor((uniformInt(random, 0, 1000) / 1000) ** 6 * through));
    return {
        languages: Array.from({ length: number }, (_, k) => `x-${k}`),
        counts: Array.from({ length: layers }, () => BigInt64Array.from({ length: width * number }, count)),
        tokens: new BigInt64Array(number).fill(BigInt(through)),
        source: {
            model: { name: 'made up', architecture: '', quantization: '', fingerprint: '' },
            dataset: { name: '', hash: '' },
            versions: {},
        },
    };
}
