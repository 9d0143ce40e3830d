import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { readRunConfig } from '../../../src/run/RunConfig.js';

const folder = mkdtempSync(join(tmpdir(), 'language-neurons-'));
afterAll(() => rmSync(folder, { recursive: true }));

function written(text: string): string {
    const path = join(folder, 'run.yaml');
    writeFileSync(path, text);
    return path;
}

describe('a run configuration', () => {
    it("of the README is read, its paths from the file's folder", async () => {
        const example = /```yaml\n([\s\S]+?)```/.exec(readFileSync('README.md', 'utf8'))![1]!;
        expect(await readRunConfig(written(example))).toEqual({
            model: join(folder, 'model.gguf'), data: [join(folder, 'texts')], evaluation: [join(folder, 'held-out')],
            languages: ['en', 'zh', 'de'], folds: 5, topRate: 0.01, sets: ['specific', 'specific+related'],
            controls: 3, accuracy: { questions: 'mgsm', template: 'chat', limit: 50, wholeLimit: 200 }, out: join(folder, 'runs/mine'),
            aligned: { loras: [{ path: join(folder, 'lora.gguf') }], trained: ['zh', 'de'], together: false },
        });
    });

    it('leaves names and URIs as they are', async () => {
        const config = await readRunConfig(written('model: hf:user/repo:Q4_K_M\ndata: [udhr:1-24, udhr, mgsm, more.jsonl]\naccuracy: {questions: sub/mgsm}\nout: /tmp/x\nloras: [{path: a.gguf, scale: 0.5}]'));
        expect(config).toMatchObject({
            model: 'hf:user/repo:Q4_K_M', data: ['udhr:1-24', 'udhr', 'mgsm', join(folder, 'more.jsonl')], accuracy: { questions: join(folder, 'sub/mgsm') }, out: '/tmp/x',
            loras: [{ path: join(folder, 'a.gguf'), scale: 0.5 }],
        });
    });

    it('takes an aligned model: other weights, or adapters on the same', async () => {
        const aligned = async (text: string) => (await readRunConfig(written(`model: a.gguf\ndata: udhr\nout: x\naligned: ${text}`))).aligned;
        expect(await aligned('{loras: [{path: sub/lora.gguf}], trained: [zh, de]}')).toEqual({ loras: [{ path: join(folder, 'sub/lora.gguf') }], trained: ['zh', 'de'] });
        expect(await aligned('{model: b.gguf}')).toEqual({ model: join(folder, 'b.gguf') });
        expect(await aligned('{model: hf:user/repo:Q8_0}')).toEqual({ model: 'hf:user/repo:Q8_0' });
    });

    it.each([
        ['model: x', 'data'],
        ['model: x\ndata: y\nout: z\ntopRat: 0.1', 'topRat'],
        ['model: x\ndata: y\nout: z\nsets: [all]', 'sets'],
        ['model: x\ndata: y\nout: z\naligned: {lora: l.gguf}', 'lora'],
        ['model: [', 'run.yaml'],
        ['', 'the file'],
    ])('%j is DAMAGED, naming %s in one line', async (text, name) => {
        await expect(readRunConfig(written(text))).rejects.toMatchObject({ code: 'DAMAGED', message: expect.stringMatching(new RegExp(`^[^\\n]*${name}[^\\n]*$`)) });
    });
});
