// npm run bench:busy [-- MODEL.gguf [--rounds N] [--neighbours 1,2]]
// What neighbours that spin on the cores cost: tokens/s beside them over tokens/s alone, generating 8 answers at once
// and counting a text, in turn in this one run: median, then quartiles. As many threads as cores are asked for.
// Default model: the embedded one.

import { spawn } from 'node:child_process';
import { cpus } from 'node:os';
import { setTimeout as wait } from 'node:timers/promises';
import yargs from 'yargs';
import { defaultThreads } from '../../dist/engine/loading/defaultThreads.js';
import { Engine } from '../../dist/engine/Engine.js';
import { measuredEngines } from '../helpers/measured.mjs';
import { embeddedModel } from '../../dist/run/embeddedRun.js';
import { compare, seconds } from './measure.mjs';

const MeasuredEngine = measuredEngines(Engine);
const threads = await defaultThreads();
const {
    rounds,
    neighbours,
    _: [model = embeddedModel],
} = await yargs(process.argv.slice(2))
    .option('rounds', { type: 'number', default: 5 })
    .option('neighbours', { type: 'string', default: `1,${threads}` })
    .parseAsync();
/** Of each side in a round: the number of threads takes a moment to follow the machine. */
const leastSeconds = 3;
const engine = await MeasuredEngine.open({ model: String(model), gpu: 'off', threads, contextSize: 2048 });
const prompts = Array.from({ length: 8 }, (_, id) => ({ id, text: `A farmer has ${id + 2} bags of rice.` }));
const text = [{ language: '', prompt: '', response: 'The farmer eats bread in the garden every day. '.repeat(20) }];
const works = {
    'generating 8 answers': async () => {
        let tokens = 0;
        const answers = engine.generate(prompts, { maxTokens: 96, ignoreEnd: true });
        for await (const answer of answers) tokens += answer.tokens;
        return tokens;
    },
    counting: async () => (await engine.count(text)).decodedTokens,
};

async function speedOf(work) {
    let tokens = 0;
    let took = 0;
    while (took < leastSeconds) took += await seconds(async () => (tokens += await work()));
    return tokens / took;
}

async function beside(count, work) {
    const spin = () => spawn(process.execPath, ['-e', 'for (;;);'], { stdio: 'ignore' });
    const spinning = Array.from({ length: count }, spin);
    try {
        await wait(300);
        return await speedOf(work);
    } finally {
        for (const neighbour of spinning) neighbour.kill('SIGKILL');
    }
}

console.log(
    `${new Date().toISOString().slice(0, 10)}  ${cpus()[0].model} x ${cpus().length}, ${threads} threads, ` +
        `node ${process.version}, ${engine.info.description}; ${rounds} rounds; median (quartiles)`,
);
for (const count of neighbours.split(',').map(Number)) {
    for (const [name, work] of Object.entries(works)) {
        const { ratio, least, most } = await compare(
            rounds,
            () => beside(count, work),
            () => speedOf(work),
        );
        console.log(
            `${name} beside ${count} spinning / alone, tokens/s: `.padEnd(60) +
                `${ratio.toFixed(2)} (${least.toFixed(2)} to ${most.toFixed(2)})`,
        );
    }
}
engine.close();
