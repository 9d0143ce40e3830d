import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { embeddedModel } from '../helpers/models.js';
import { installedProject, type Project } from './project.js';

let project: Project;

beforeAll(() => {
    project = installedProject();
});
afterAll(() => project?.remove());

/** Perplexity by our engine, and a completion by node-llama-cpp's own; `steps` says in which order. */
function together(ours: string, theirs: string, steps: readonly ('open' | 'score' | 'complete')[]) {
    const { stdout, stderr } = project.module(`
        import { Engine, perplexity } from ${JSON.stringify(ours)};
        import { getLlama, LlamaCompletion } from ${JSON.stringify(theirs)};
        const path = ${JSON.stringify(embeddedModel)};
        const found = { scores: [], texts: [] };
        let engine, completion;
        const steps = {
            async open() {
                engine = await Engine.open({ model: path, gpu: 'off', threads: 1 });
            },
            async score() {
                const text = [{ language: 'de', prompt: '', response: 'Der Lehrer liest am Abend das Buch.' }];
                found.scores.push(perplexity(await engine.score(text)));
            },
            async complete() {
                if (completion === undefined) {
                    const llama = await getLlama({ gpu: false, build: 'never', skipDownload: true, maxThreads: 1 });
                    const model = await llama.loadModel({ modelPath: path });
                    const context = await model.createContext({ contextSize: 256 });
                    completion = new LlamaCompletion({ contextSequence: context.getSequence() });
                }
                found.texts.push(await completion.generateCompletion('Der Lehrer', { maxTokens: 12 }));
            },
        };
        for (const step of ${JSON.stringify(steps)}) await steps[step]();
        console.log(JSON.stringify(found));
        process.exit();
    `);
    if (stdout === '') throw new Error(stderr);
    return JSON.parse(stdout) as { scores: number[]; texts: string[] };
}

// The one has libllama inside and hides it; the other takes the place of node-llama-cpp's own.
describe.each([
    { form: 'the package', ours: () => 'language-neurons', theirs: () => 'node-llama-cpp' },
    {
        form: 'what was built here',
        ours: () => pathToFileURL(resolve('dist/index.js')).href,
        theirs: () => pathToFileURL(resolve('node_modules/node-llama-cpp/dist/index.js')).href,
    },
])("node-llama-cpp's sessions and those of $form", ({ ours, theirs }) => {
    const run = (...steps: Parameters<typeof together>[2]) => together(ours(), theirs(), steps);

    it('work in one process as each does alone, whoever comes first', () => {
        const { texts } = run('complete');
        const { scores } = run('open', 'score');
        expect(texts[0]!.length).toBeGreaterThan(0);
        const [text, score] = [texts[0]!, scores[0]!];
        expect(run('open', 'score', 'complete', 'score')).toEqual({ texts: [text], scores: [score, score] });
        expect(run('complete', 'open', 'score', 'complete', 'score').scores).toEqual([score, score]);
    });
});
