// llama.cpp's view of the embedded model, for verify.py.
// Usage: node llamaCpp.mjs MODEL REQUEST ANSWER
//   request: {texts: string[], sequences: number[][], exact: boolean} - exact: keys and values stay F32, else F16.
//   answer:  {tokens: number[][], bos: number, addsBos: boolean, logits: number[][]}; logits: after each sequence's end
import fs from 'node:fs';
import { getLlama } from 'node-llama-cpp';

const [modelPath, requestPath, answerPath] = process.argv.slice(2);
const { texts, sequences, exact } = JSON.parse(fs.readFileSync(requestPath, 'utf8'));

const llama = await getLlama({ gpu: false, build: 'never' });
const model = await llama.loadModel({ modelPath });
const unrounded = { flashAttention: false, experimentalKvCacheKeyType: 'F32', experimentalKvCacheValueType: 'F32' };
// So small a model is computed sooner by one thread than several are woken.
const context = await model.createContext({ contextSize: 512, sequences: 1, threads: 1, ...(exact ? unrounded : {}) });
const sequence = context.getSequence();

const logits = [];
for (const tokens of sequences) {
    await sequence.clearHistory();
    // Without these options the sampler would cut the list of tokens.
    const last = [
        tokens.at(-1),
        { generateNext: { logits: true, options: { temperature: 1, topK: 0, topP: 1, minP: 0 } } },
    ];
    const results = await sequence.controlledEvaluate([...tokens.slice(0, -1), last]);
    const byToken = results.at(-1).next.logits;
    logits.push(Array.from({ length: byToken.size }, (_, token) => byToken.get(token)));
}

fs.writeFileSync(
    answerPath,
    JSON.stringify({
        tokens: texts.map((text) => model.tokenize(text, false)),
        bos: model.tokens.bos,
        addsBos: model.tokens.shouldPrependBosToken,
        logits,
    }),
);
await llama.dispose();
