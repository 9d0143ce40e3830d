import { statSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { downloadModel, isModelUri } from '../../src/engine/files/modelUri.js';
import { cli } from '../helpers/cli.js';
import { silent } from '../../src/support/progress.js';
import { type Hub, startHub } from '../helpers/hub.js';
import { embeddedModel } from '../helpers/models.js';
import { temporaryFolder } from '../helpers/temporaryFolder.js';

const home = temporaryFolder();
let hub: Hub;
beforeAll(async () => {
    hub = await startHub(embeddedModel);
    vi.stubEnv('HOME', home); // before node-llama-cpp is loaded, which looks there once
    vi.stubEnv('USERPROFILE', home);
    vi.stubEnv('HF_ENDPOINT', hub.url);
    vi.stubEnv('LANGUAGE_NEURONS_CACHE', join(home, 'cache'));
});
afterAll(async () => {
    vi.unstubAllEnvs();
    await hub.close();
});

const inspect = (uri: string) => cli('inspect', uri, '--gpu', 'off', '--json');
const pathOf = (stdout: string): string => (JSON.parse(stdout) as { model: { path: string } }).model.path;

describe('a model by its URI', () => {
    const uris = () => [
        'hf:me/one:Q4_K_M',
        'hf:me/untagged',
        'hf.co/me/two:Q8_0',
        'hf:me/three/folder/file.gguf',
        `${hub.url}x/same.gguf`,
        `${hub.url}y/same.gguf`,
        `${hub.url}me/four/resolve/main/file.gguf`,
    ];
    const paths: string[] = [];

    it('is downloaded, each into a file of its own', async () => {
        const stages: string[] = [];
        const progress = { ...silent, stage: (label: string) => void stages.push(label) };
        for (const uri of uris()) paths.push(await downloadModel(uri, { progress }));
        expect(new Set(paths).size).toBe(paths.length);
        for (const path of paths) expect(statSync(path).size).toBe(statSync(embeddedModel).size);
        expect(stages).toEqual(uris().map((uri) => `download ${uri}`));
    });

    it('leaves stdout to the one document', async () => {
        for (const uri of ['hf:me/five', `${hub.url}five.gguf`]) {
            const { code, stdout, stderr } = await inspect(uri);
            expect(code, stderr).toBe(0);
            expect(pathOf(stdout)).toContain('five'); // fails where anything else is there
            expect(stderr).toContain(`download ${uri}`);
            expect(stderr).not.toContain('\u001b');
        }
    });

    it('is not asked for again', async () => {
        hub.asked.length = 0;
        for (const [i, uri] of uris().entries()) expect(await downloadModel(uri)).toBe(paths[i]);
        expect(hub.asked).toEqual([]);
    });

    it('is downloaded once where two ask at a time', async () => {
        hub.asked.length = 0;
        const uri = `${hub.url}twice.gguf`;
        const both = await Promise.all([downloadModel(uri), downloadModel(uri)]);
        expect(new Set(both).size).toBe(1);
        const alone = hub.asked.length;
        hub.asked.length = 0;
        await downloadModel(`${hub.url}once.gguf`);
        expect(alone).toBe(hub.asked.length);
    });

    it('that is not there is told in one line', async () => {
        const { code, stdout, stderr } = await inspect(`${hub.url}missing/a/file.gguf`);
        expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
        expect(stderr).toMatch(/^language-neurons: .*missing\/a\/file\.gguf: cannot be downloaded \(.*404.*\); check/m);
    });

    it('needs no network once it is there, and says at once where it is not', async () => {
        await hub.close();
        for (const [i, uri] of uris().entries()) expect(await downloadModel(uri)).toBe(paths[i]);
        expect((await inspect('hf:me/five')).code).toBe(0);
        for (const uri of ['hf:me/unseen', 'hf:me/unseen/file.gguf', `${hub.url}z/same.gguf`]) {
            await expect(downloadModel(uri)).rejects.toMatchObject({
                code: 'NOT_FOUND',
                message: expect.stringMatching(/: cannot be downloaded \(connect ECONNREFUSED/),
            });
        }
    });
});

describe('what is taken for a URI', () => {
    it.each(['hf:a/b', 'huggingface:a/b:Q8_0', 'hf.co/a/b', 'huggingface.co/a/b', 'http://a/b.gguf', 'https://a/b'])(
        '%s',
        (uri) => expect(isModelUri(uri)).toBe(true),
    );
    it.each(['model.gguf', 'hf/a.gguf', './hf.co/a.gguf', 'C:\\a.gguf', 'hfx:a'])('not %s', (path) =>
        expect(isModelUri(path)).toBe(false),
    );
});
