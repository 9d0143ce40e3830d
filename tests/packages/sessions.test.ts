import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, expect, it } from 'vitest';
import { embeddedModel } from '../helpers/models.js';
import { installedProject } from './project.js';

const project = installedProject();

/** What came of the steps: perplexities by our engine, completions by node-llama-cpp's own, and what failed. */
interface Found {
    readonly scores: number[];
    readonly texts: string[];
    readonly failed?: string;
}

/** Runs steps in one process; each must be among those of `code`. */
function together(ours: string, theirs: string, steps: readonly string[]): Found {
    const { stdout, stderr } = project.module(`
        import { Engine, perplexity } from ${JSON.stringify(ours)};
        import { getLlama, LlamaCompletion } from ${JSON.stringify(theirs)};
        const path = ${JSON.stringify(embeddedModel)};
        const found = { scores: [], texts: [] };
        let engine, completion;
        const code = {
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
        try {
            for (const step of ${JSON.stringify(steps)}) await code[step]();
        } catch (error) {
            found.failed = error.code + ': ' + error.message;
        }
        console.log(JSON.stringify(found));
        process.exit();
    `);
    if (stdout === '') throw new Error(stderr);
    return JSON.parse(stdout) as Found;
}

describe("node-llama-cpp's sessions and ours work in one process as each does alone", () => {
    it('with the package, which hides the libllama inside it: whoever comes first', () => {
        const run = (...steps: string[]) => together('language-neurons', 'node-llama-cpp', steps);
        const { texts } = run('complete');
        const { scores } = run('open', 'score');
        expect(texts[0]!.length).toBeGreaterThan(0);
        expect(run('open', 'score', 'complete', 'score')).toEqual({ texts, scores: [...scores, ...scores] });
        expect(run('complete', 'open', 'score', 'complete').scores).toEqual(scores);
    });

    it("with a build, whose libllama takes the place of node-llama-cpp's: ours first", () => {
        const url = (path: string) => pathToFileURL(resolve(path)).href;
        const run = (...steps: string[]) =>
            together(url('dist/index.js'), url('node_modules/node-llama-cpp/dist/index.js'), steps);
        const { texts } = run('complete');
        const { scores } = run('open', 'score');
        expect(run('open', 'score', 'complete', 'score')).toEqual({ texts, scores: [...scores, ...scores] });
        expect(run('complete', 'open', 'score')).toEqual({
            texts,
            scores: [],
            failed: expect.stringMatching(
                /^BUILD: .*language_neurons\.node: cannot be loaded .*open the engine first$/,
            ),
        });
    });
});
