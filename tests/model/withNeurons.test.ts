import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { beforeAll, describe, expect, it } from 'vitest';
import { compileInterventions } from '../../src/interventions/compile.js';
import type { Intervention } from '../../src/interventions/Intervention.js';
import type { NeuronIndex } from '../../src/neurons/analysis/NeuronAnalysis.js';
import { Engine } from '../../src/engine/Engine.js';
import { embeddedModel } from '../helpers/models.js';
import { writeUnquantized } from '../helpers/unquantized.js';
import { temporaryFolder } from '../helpers/temporaryFolder.js';

const folder = temporaryFolder();
const path = join(folder, 'unquantized.gguf'); // no rounding to 8 bits, which batches of other shapes do otherwise
const neurons = [1, 2, 3].flatMap((site) => Array.from({ length: 300 }, (_, j): NeuronIndex => [site, j]));
const without: Intervention[] = [{ neurons, op: 'zero' }];
const raised: Intervention[] = [{ neurons, op: 'add', value: 0.4 }];
const question = 'Rosa hat 12 Stühle. Rosa gibt 6 davon weg. Wie viele Stühle bleiben?';

beforeAll(() => writeUnquantized(embeddedModel, path));

/** What one turn of a session was: the prompt's tokens and the answer's. */
interface Turn {
    readonly prompt: number[];
    readonly answer: number[];
    readonly text: string;
}

/**
 * Runs code in a process of its own, in which our library comes first; it pushes what it finds onto `found`.
 * @param prepared calls `prepareNeurons`
 */
function inProcess<T>(code: string, prepared = true): T[] {
    const url = (file: string): string => JSON.stringify(pathToFileURL(resolve(file)).href);
    const source = `
        import { prepareNeurons, withNeurons } from ${url('dist/index.js')};
        import {
            getLlama, JinjaTemplateChatWrapper, LlamaChatSession,
        } from ${url('node_modules/node-llama-cpp/dist/index.js')};
        const found = [];
        const [without, raised, question] = ${JSON.stringify([without, raised, question])};
        ${prepared ? 'await prepareNeurons();' : ''}
        const llama = await getLlama({ gpu: false, build: 'never', skipDownload: true, maxThreads: 1 });
        const model = await llama.loadModel({ modelPath: ${JSON.stringify(path)} });
        const create = () => model.createContext({ contextSize: 256 });
        // The model's own template, behind the token that the engine begins with too.
        const messages = "{% for message in messages %}{{ message['content'] + '\\n' }}{% endfor %}";
        const template = '{{ bos_token }}' + messages;
        const chatWrapper = new JinjaTemplateChatWrapper({ template });
        const talk = (context) =>
            new LlamaChatSession({ contextSequence: context.getSequence(), chatWrapper, systemPrompt: '' });
        const greedy = { temperature: 0, repeatPenalty: false, maxTokens: 24 };
        /** The tokens that a session reads and says, and its text. */
        async function turn(session, options = {}) {
            const answer = [];
            session.resetChatHistory();
            await session.sequence.clearHistory();
            const onToken = (tokens) => answer.push(...tokens);
            const text = await session.prompt(question, { ...greedy, onToken, ...options });
            const all = [...session.sequence.contextTokens];
            const evaluated = all.length - answer.length; // the last token drawn may not have been read again
            const said = (from) => answer.every((token, i) => from + i >= all.length || all[from + i] === token);
            return { prompt: all.slice(0, said(evaluated) ? evaluated : evaluated + 1), answer, text };
        }
        const failure = (attempt) => attempt.then(() => 'none', (error) => error.code + ': ' + error.message);
        ${code}
        console.log(JSON.stringify(found));
        process.exit();
    `;
    const program = join(folder, 'program.mjs'); // not --eval, which node-llama-cpp's own processes would inherit
    writeFileSync(program, source);
    const { stdout, stderr } = spawnSync(process.execPath, [program], { encoding: 'utf8' });
    if (stdout === '') throw new Error(stderr);
    return JSON.parse(stdout) as T[];
}

/** What our engine says after the same tokens. */
async function expected({ prompt, answer }: Turn, interventions: readonly Intervention[]): Promise<string> {
    using engine = await Engine.open({ model: path, gpu: 'off', threads: 1 });
    const edit = compileInterventions(interventions, engine);
    const asked = [{ id: 0, text: Int32Array.from(prompt) }];
    for await (const { text } of engine.generate(asked, { edits: [edit], maxTokens: answer.length })) return text;
    throw new Error('no answer');
}

// Elsewhere node-llama-cpp finds its own libllama.
const absent = process.platform !== 'linux';

describe.skipIf(absent)("node-llama-cpp's sessions on a context with neurons (of a build, on Linux)", () => {
    it('say what the engine says under the same interventions, and whole again what the whole model says', async () => {
        const turns = inProcess<Turn & { said: string }>(`
            const { context, intervene } = await withNeurons(create);
            const session = talk(context);
            for (const list of [[], without, raised, []]) {
                intervene(list);
                const said = await turn(session);
                found.push({ ...said, said: model.detokenize(said.answer, false, said.prompt) });
            }
        `);
        const lists = [[], without, raised, []];
        for (const [i, turn] of turns.entries()) expect(turn.said).toBe(await expected(turn, lists[i]!));
        const [whole, edited, added, again] = turns.map(({ said }) => said);
        expect(again).toBe(whole);
        expect(new Set([whole, edited, added]).size).toBe(3);
    });

    it('leave the sessions of other contexts alone, side by side, before and after', () => {
        const [before, [beside, edited], [first, second], after] = inProcess<string[]>(`
            const plain = talk(await create());
            found.push([(await turn(plain)).text]);
            const { context } = await withNeurons(create, { interventions: without });
            const changed = talk(context);
            found.push((await Promise.all([turn(plain), turn(changed)])).map(({ text }) => text));
            const other = await withNeurons(create, { interventions: raised });
            const sequence = talk(other.context);
            found.push((await Promise.all([turn(changed), turn(sequence)])).map(({ text }) => text));
            await context.dispose();
            await other.context.dispose();
            found.push([(await turn(plain)).text]);
        `) as [string[], string[], string[], string[]];
        expect(beside).toBe(before[0]);
        expect(after).toEqual(before);
        expect(edited).not.toBe(beside);
        expect(first).toBe(edited);
        expect(second).not.toBe(edited);
    });

    it('keep to grammars, and take interventions while they answer', () => {
        const [number, during, whole] = inProcess<string>(`
            const { context, intervene } = await withNeurons(create, { interventions: raised });
            const session = talk(context);
            const grammar = await llama.createGrammar({ grammar: 'root ::= [0-9] [0-9] [0-9]' });
            found.push((await turn(session, { grammar })).text);
            let chunks = 0;
            const onTextChunk = () => intervene(chunks++ % 2 === 0 ? without : []);
            found.push((await turn(session, { onTextChunk })).text);
            intervene([]);
            found.push((await turn(session)).text);
        `) as [string, string, string];
        expect(number).toMatch(/^\d{3}$/);
        expect(during.length).toBeGreaterThan(0);
        const plain = inProcess<string>(`
            const session = talk(await create());
            found.push((await turn(session)).text);
        `);
        expect([whole]).toEqual(plain);
    });

    it('of a context that is gone, of some tokens alone or of several contexts at once, is an error', () => {
        const found = inProcess<string>(`
            const { context, intervene, sites } = await withNeurons(create);
            const attempt = async (list) => intervene(list);
            found.push(sites.length + ' sites');
            found.push(await failure(attempt([{ ...without[0], where: 'prompt' }])));
            found.push(await failure(attempt([{ neurons: [[99, 0]], op: 'zero' }])));
            found.push(await failure(attempt([{ neurons: { language: 'de' }, op: 'zero' }])));
            await context.dispose();
            found.push(await failure(attempt(without)));
            found.push(await failure(withNeurons(async () => (await create(), create()))));
            found.push(await failure(withNeurons(async () => ({ dispose: async () => {} }))));
            found.push(await failure(withNeurons(async () => { throw new Error('nothing made'); })));
            const both = await Promise.all([withNeurons(create), withNeurons(create)]);
            found.push(both.map(({ sites }) => sites.length).join());
        `);
        expect(found).toEqual([
            '6 sites',
            expect.stringMatching(/^WRONG_USE: .*leave `where` out/),
            expect.stringMatching(/^WRONG_USE: .*no neuron \[99, 0\]: the model has sites 0 to 5/),
            expect.stringMatching(/^WRONG_USE: .*no analysis/),
            expect.stringMatching(/^CLOSED: /),
            expect.stringMatching(/^BUSY: 2 contexts were created at once/),
            expect.stringMatching(/^UNSUPPORTED: .*call prepareNeurons before getLlama/),
            expect.stringMatching(/^undefined: nothing made/),
            '6,6',
        ]);
    });

    it('cannot begin where node-llama-cpp was loaded first', () => {
        const [failed] = inProcess<string>('found.push(await failure(withNeurons(create)));', false);
        expect(failed).toMatch(/^BUILD: .*open the engine first/);
    });
});
