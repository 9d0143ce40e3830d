#!/usr/bin/env node
// What a checkout computes on the embedded model, as digests: node scripts/digests/digests.mjs CHECKOUT OUT
// Runs the commands of the checkout (built before) into the folder OUT and prints a line for each number or list that
// its files hold: file, key, digest. Two commits compute the same where `diff` of their lines finds nothing; a change
// of format shows in the lines of its own keys alone.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';

const [root, out] = process.argv.slice(2).map((path) => resolve(path));
if (out === undefined) {
    console.error('usage: node scripts/digests/digests.mjs CHECKOUT OUT');
    process.exit(2);
}
const embedded = (/** @type {string} */ name) => join(out, 'embedded', name);
const model = ['--model', embedded('base.gguf'), '--gpu', 'off', '--threads', '1'];
const aligned = [...model, '--lora', embedded('aligned-lora.gguf')];
const texts = ['--languages', 'en,de,zh,th', '--data'];
const questions = ['--data', embedded('problems/test'), '--template', 'chat', '--max-tokens', '48'];
const [base, after, lape] = ['base', 'aligned', 'lape'].map((name) => join(out, name));

/** In this order: each reads what those before it wrote. */
const commands = [
    ['collect', ...model, ...texts, embedded('texts/collect'), '--folds', '2', '--values', '--out', base],
    ['collect', ...aligned, ...texts, embedded('texts/collect'), '--folds', '2', '--out', after],
    ['collect', ...model, ...texts, 'udhr:25-27', '--out', lape],
    ['identify', base, '--top-rate', '0.2', '--bar', '0.98'],
    ['identify', after, '--top-rate', '0.2', '--bar', '0.98'],
    ['identify', lape, '--method', 'lape'],
    ['deactivate', base, ...model, ...texts, embedded('texts/evaluate')],
    ['deactivate', base, ...model, ...questions, '--languages', 'en,de', '--metric', 'accuracy', '--limit', '5'],
    ['intervene', base, ...model, ...texts, 'udhr:30-30', '--op', 'scale:0.5,mean', '--sets', 'specific'],
    ['intervene', base, ...model, ...texts, 'udhr:30-30', '--op', 'zero', '--dose', '1%'],
    ['compare', base, after, '--trained', 'zh,de'],
    ['respond', ...model, ...questions, '--languages', 'en,th', '--limit', '4', '--out', join(out, 'answers.json')],
    ['generate', base, 'Der Lehrer', ...model, '--without', 'de,zh', '--max-tokens', '24', '--json'],
    ['report', base],
];

rmSync(out, { recursive: true, force: true });
mkdirSync(out, { recursive: true });
cpSync(join(root, 'src/embedded'), join(out, 'embedded'), { recursive: true });
for (const [i, args] of commands.entries()) {
    const { status, stdout, stderr } = spawnSync(process.execPath, [join(root, 'dist/cli.js'), ...args], {
        cwd: root,
        encoding: 'utf8',
        env: { ...process.env, NO_COLOR: '1' },
    });
    if (status !== 0) {
        console.error(`${args.join(' ')}\nfailed with ${status}: ${stderr}`);
        process.exit(1);
    }
    if (args.includes('--json')) writeFileSync(join(out, `${i}-${args[0]}.json`), stdout);
}

/** What differs from run to run, or names the checkout, is no number. */
const unlike = /milliseconds|seconds|created|path|folder|file|version|commit|date|hash|digest|fingerprint|^key$/i;

/** @param {string} text */
const digest = (text) => createHash('sha256').update(text).digest('hex').slice(0, 16);

/**
 * A line for each value of a document, lists as one.
 *
 * @param {unknown} value
 * @param {string} key
 * @returns {string[]}
 */
function linesOf(value, key) {
    if (value === null || typeof value !== 'object') return [`${key}\t${digest(JSON.stringify(value))}`];
    if (Array.isArray(value) && value.every((one) => one === null || typeof one !== 'object' || Array.isArray(one)))
        return [`${key}\t${digest(JSON.stringify(value))}`];
    return Object.entries(value)
        .filter(([name]) => !unlike.test(name))
        .flatMap(([name, part]) => linesOf(part, `${key}.${name}`));
}

/** @param {Buffer} bytes tensors of a safetensors file, by their names */
function tensorLines(bytes) {
    const length = Number(bytes.readBigUInt64LE(0));
    const header = JSON.parse(bytes.toString('utf8', 8, 8 + length));
    return Object.entries(header)
        .filter(([name]) => name !== '__metadata__')
        .map(
            ([
                name,
                {
                    data_offsets: [from, to],
                },
            ]) => {
                const data = bytes.subarray(8 + length + from, 8 + length + to);
                return `${name}\t${createHash('sha256').update(data).digest('hex').slice(0, 16)}`;
            },
        );
}

const files = readdirSync(out, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && /\.(json|csv|safetensors)$/.test(entry.name) && !entry.name.startsWith('.'))
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((file) => !file.startsWith(embedded('')))
    .sort();
for (const file of files) {
    const bytes = readFileSync(file);
    const lines = file.endsWith('.safetensors')
        ? tensorLines(bytes)
        : file.endsWith('.csv')
          ? [`lines\t${digest(bytes.toString('utf8'))}`]
          : linesOf(JSON.parse(bytes.toString('utf8')), '');
    for (const line of lines.sort()) console.log(`${relative(out, file)}\t${line}`);
}
