// What a control vector of a language's neurons does beside the interventions on the neurons themselves: perplexity of
// the second half of each window, by language. The vector is added by llama-perplexity without our patches.
//   node scripts/crosscheck/vector.mjs MODEL RUN LANGUAGE [SCALES] [TEXTS] [CONTEXT]

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execFileSync } from 'node:child_process';
import { openCorpus } from '../../dist/index.js';
import { readNeurons, readValues } from '../../dist/files.js';
import { llamaPerplexity, perplexityUnder } from './windows.mjs';

const [model, run, language, scales = '-1,1', texts = 'udhr:25-30', context = '128'] = process.argv.slice(2);
const analysis = await readNeurons(join(run, 'neurons.json'));
const values = await readValues(run);
const folder = mkdtempSync(join(tmpdir(), 'vector-'));
try {
    const vector = join(folder, 'vector.gguf');
    const exported = ['export', run, '--model', model, '--vector', language, '--out', vector];
    console.log(execFileSync(process.execPath, ['dist/cli.js', ...exported], { encoding: 'utf8' }).split('\n')[0]);
    const neurons = { language, set: 'specific+related' };
    const states = {
        'neurons set to 0': [{ neurons, op: 'zero' }],
        'neurons raised by their mean': [{ neurons, op: 'add', value: `mean:${language}` }],
    };
    const heads = ['whole', ...scales.split(',').map((scale) => `vector × ${scale}`), ...Object.keys(states)];
    console.log(['language', 'tokens', ...heads].join('\t'));
    const corpus = await openCorpus(texts, { languages: analysis.languages });
    for (const of of corpus.languages) {
        const file = join(folder, 'text.txt');
        const responses = [];
        for await (const { response } of corpus.samples(of)) responses.push(response);
        writeFileSync(file, responses.join('\n'));
        const row = [];
        const whole = await perplexityUnder(model, file, Number(context), []);
        row.push(llamaPerplexity(model, file, Number(context)));
        for (const scale of scales.split(',')) {
            const more = ['--control-vector-scaled', `${vector}:${scale}`];
            row.push(llamaPerplexity(model, file, Number(context), more));
        }
        for (const interventions of Object.values(states)) {
            const { value } = await perplexityUnder(model, file, Number(context), interventions, { analysis, values });
            row.push(value);
        }
        console.log([of, whole.tokens, ...row.map((value) => value.toFixed(2))].join('\t'));
    }
} finally {
    rmSync(folder, { recursive: true });
}
