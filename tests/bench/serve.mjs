// npm run bench:serve [-- MODEL.gguf] [--rounds N] [--clients 64] [--requests N] [--minutes M]
// Tokens a second that clients of `serve` get, each asking for one answer after another, against `generate` of the same
// prompts under the same conditions in one process: in turn in this one run, median, then quartiles. The server is a
// process of its own; its clients are in this one, and what they and HTTP cost is the server's loss.
// With --minutes the clients then ask for so long without a pause: errors, speed, and the server's memory a minute.
// Default model: the embedded one.

import { execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import yargs from 'yargs';
import { defaultThreads } from '../../dist/engine/loading/defaultThreads.js';
import { Engine } from '../../dist/engine/Engine.js';
import { readNeurons } from '../../dist/neurons/analysis/neuronsFile.js';
import { embeddedCollectTexts, embeddedModel } from '../../dist/run/embeddedRun.js';
import { modelStates } from '../../dist/interventions/ModelState.js';
import { withoutEach } from '../../dist/serve/servedNames.js';
import { compare, seconds, spread } from './measure.mjs';

const threads = await defaultThreads();
const {
    rounds,
    clients,
    requests,
    minutes,
    _: [given = embeddedModel],
} = await yargs(process.argv.slice(2))
    .option('rounds', { type: 'number', default: 5 })
    .option('clients', { type: 'number', default: 64 })
    .option('requests', { type: 'number', default: 512, describe: 'of each side in a round' })
    .option('minutes', { type: 'number', default: 0 })
    .parseAsync();
const model = String(given);
const maxTokens = 96;
const temperature = 1; // answers of the same beginning differ
const windowSize = 256;
const folder = mkdtempSync(join(tmpdir(), 'language-neurons-'));
const cli = resolve('dist/cli.js');
const common = ['--model', model, '--gpu', 'off', '--threads', String(threads)];
const texts = model === embeddedModel ? ['--data', embeddedCollectTexts] : ['--data', 'udhr:1-12'];
const run = join(folder, 'run');
const quietly = { stdio: 'ignore' };
execFileSync(process.execPath, [cli, 'collect', ...common, ...texts, '--languages', 'en,de,zh', '--out', run], quietly);
execFileSync(process.execPath, [cli, 'identify', run, '--top-rate', '0.05'], quietly);

const begins = [
    'The farmer',
    'Der alte Mann',
    'Le professeur lit',
    'One day the teacher',
    'Die Köchin sieht',
    'El niño',
];
/** Prompts of a round, and which model each is for. */
const asked = Array.from({ length: requests }, (_, id) => ({
    id,
    text: begins[id % begins.length],
    edit: id % 4,
}));

/** Starts the server and waits until it listens. */
async function startServer() {
    const parallel = String(Math.min(64, clients));
    const sizes = ['--window-size', String(windowSize), '--parallel', parallel, '--port', '0'];
    const child = spawn(process.execPath, [cli, 'serve', run, ...common, ...sizes], {
        stdio: ['ignore', 'ignore', 'pipe'],
    });
    let words = '';
    const url = await new Promise((found, fail) => {
        child.stderr.setEncoding('utf8').on('data', (part) => {
            words += part;
            const [, address] = /^on (http\S+),/m.exec(words) ?? [];
            if (address !== undefined) found(address);
        });
        child.on('close', () => fail(new Error(words)));
    });
    const { data } = await (await fetch(`${url}/models`)).json();
    const [pid] = readFileSync(`/proc/${child.pid}/task/${child.pid}/children`, 'utf8').split(' ');
    return { child, url, models: data.map(({ id }) => id), pid };
}

/** Asks for one answer; tokens that it has. */
async function ask({ url, models }, { id, text, edit }) {
    const response = await fetch(`${url}/completions`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ model: models[edit], prompt: text, max_tokens: maxTokens, temperature, seed: id }),
    });
    const body = await response.json();
    if (response.status !== 200) throw new Error(JSON.stringify(body));
    return body.usage.completion_tokens;
}

/** Tokens a second of clients that ask one after another until there is nothing more to ask. */
async function served(server) {
    let [next, tokens] = [0, 0];
    const client = async () => {
        while (next < asked.length) {
            const answered = await ask(server, asked[next++]); // first: others add to the sum meanwhile
            tokens += answered;
        }
    };
    const took = await seconds(() => Promise.all(Array.from({ length: clients }, client)));
    return tokens / took;
}

async function generated(engine, edits) {
    let tokens = 0;
    const took = await seconds(async () => {
        for await (const answer of engine.generate(asked, { edits, maxTokens, temperature })) tokens += answer.tokens;
    });
    return tokens / took;
}

function residentMiB(pid) {
    return Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))[1]) / 1024;
}

async function keepAsking(server) {
    const end = performance.now() + minutes * 60_000;
    let [tokens, answers, asking, n] = [0, 0, true, 0];
    const failures = [];
    const client = async () => {
        while (asking) {
            try {
                const answered = await ask(server, asked[n++ % asked.length]);
                tokens += answered;
                answers++;
            } catch (cause) {
                failures.push(cause);
            }
        }
    };
    const began = performance.now();
    const working = Promise.all(Array.from({ length: clients }, client));
    for (let minute = 1; performance.now() < end; minute++) {
        const memory = [];
        const until = Math.min(end, began + minute * 60_000);
        const before = tokens;
        const took = await seconds(async () => {
            while (performance.now() < until) {
                await wait(Math.max(0, Math.min(1000, until - performance.now())));
                memory.push(residentMiB(server.pid));
            }
        });
        const { median } = spread(memory);
        console.log(
            `minute ${minute}: ${((tokens - before) / took).toFixed(0)} tokens/s, ` +
                `${median.toFixed(1)} MiB (to ${Math.max(...memory).toFixed(1)})`,
        );
    }
    asking = false;
    await working;
    console.log(`${answers} answers, ${tokens} tokens, ${failures.length} errors`);
    if (failures.length > 0) throw failures[0];
}

const server = await startServer();
const analysis = await readNeurons(join(run, 'neurons.json'));
const contextSize = windowSize * Math.min(64, clients);
const engine = await Engine.open({ model, gpu: 'off', threads, windowSize, contextSize });
try {
    const named = withoutEach(analysis.languages, undefined);
    const edits = modelStates(named, { sites: engine.sites, analysis }).map(({ edit }) => edit);
    console.log(
        `${new Date().toISOString().slice(0, 10)}  ${cpus()[0].model} x ${cpus().length}, ${threads} threads, ` +
            `node ${process.version}, ${engine.info.description}; ${clients} clients, ${requests} requests a round, ` +
            `${rounds} rounds; median (quartiles)`,
    );
    const speeds = { served: [], generated: [] };
    const side = (name, measure) => async () => {
        const speed = await measure();
        speeds[name].push(speed);
        return speed;
    };
    const { ratio, least, most } = await compare(
        rounds,
        side('served', () => served(server)),
        side('generated', () => generated(engine, edits)),
    );
    console.log(
        `served ${spread(speeds.served).median.toFixed(0)} tokens/s, generated ` +
            `${spread(speeds.generated).median.toFixed(0)}: ${ratio.toFixed(3)} (${least.toFixed(3)} to ` +
            `${most.toFixed(3)})  aim >= 0.9`,
    );
    engine.close();
    if (minutes > 0) await keepAsking(server);
} finally {
    server.child.kill('SIGINT');
    rmSync(folder, { recursive: true });
}
