import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { asyncBufferFromFile, parquetMetadataAsync, parquetReadObjects } from 'hyparquet';
import { afterAll, describe, expect, it } from 'vitest';
import type { Corpus } from '../../src/corpus/Corpus.js';
import { openCorpus } from '../../src/data/openCorpus.js';
import { Engine } from '../../src/engine/Engine.js';
import { neuronsAt } from '../../src/engine/types/Site.js';
import type { NeuronIndex } from '../../src/neurons/analysis/NeuronAnalysis.js';
import { neuronName } from '../../src/neurons/tables/neuronNames.js';
import { neuronsOf } from '../../src/neurons/sets/neuronsOf.js';
import { readNeurons } from '../../src/neurons/analysis/neuronsFile.js';
import { writeWatched } from '../../src/neurons/tables/watchedFile.js';
import { silent } from '../../src/support/progress.js';
import { sees, startCli } from '../helpers/cli.js';
import { commandHere } from '../helpers/commandHere.js';
import { embeddedModel } from '../helpers/models.js';
import { writeUpcycled } from '../helpers/upcycled.js';

const folder = mkdtempSync(join(tmpdir(), 'language-neurons-'));
afterAll(() => rmSync(folder, { recursive: true }));

type Row = Record<string, string | number | null>;

async function readRows(path: string, columns?: string[]): Promise<Row[]> {
    return parquetReadObjects({ file: await asyncBufferFromFile(path), ...(columns && { columns }) }) as Promise<Row[]>;
}

/** Rows with the bytes of their tokens, in hexadecimal: those that are no whole character stand as `<0xE4>`. */
function withBytes(rows: readonly Row[]): Row[] {
    const bytesOf = (part: string): Buffer =>
        /^<0x[0-9A-F]{2}>$/.test(part) ? Buffer.from(part.slice(3, 5), 'hex') : Buffer.from(part);
    const hex = (text: string): string => Buffer.concat(text.split(/(<0x[0-9A-F]{2}>)/).map(bytesOf)).toString('hex');
    return rows.map((row) => ({ ...row, token: hex(row.token as string) }));
}

/** What `watch` gives, as rows of the file; see `withBytes`. */
async function watchedRows(engine: Engine, corpus: Corpus, neurons: readonly NeuronIndex[]): Promise<Row[]> {
    const [names, texts] = [neurons.map((neuron) => neuronName(engine.sites, neuron)), await engine.tokenTexts()];
    const rows: Row[] = [];
    for (const language of corpus.languages) {
        for await (const { tokens, values, place } of engine.watch(corpus.samples(language), { neurons })) {
            for (const [t, token] of tokens.entries()) {
                const own = names.map((name, j) => [name, values[t * neurons.length + j]!] as const);
                const known = own.map(([name, value]) => [name, Number.isNaN(value) ? null : value]);
                const row = {
                    language,
                    text: place,
                    position: t,
                    token: Buffer.from(texts.bytesOf(token, true)).toString('hex'),
                };
                rows.push({ ...row, ...(Object.fromEntries(known) as Row) });
            }
        }
    }
    return rows;
}

const open = (model = embeddedModel): Promise<Engine> => Engine.open({ model, gpu: 'off', batchSize: 128 });

describe('a file of watched activations', () => {
    it('holds the values of watch for every counted token, in its own groups of rows', async () => {
        using engine = await open();
        const corpus = await openCorpus('udhr:26-29', { languages: ['en', 'zh', 'de'] });
        const neurons = engine.sites.flatMap((site, place) =>
            Array.from({ length: neuronsAt(site) }, (_, index) => [place, index] as const),
        );
        const path = join(folder, 'all.parquet');
        const { tokens } = await writeWatched(path, { engine, corpus, neurons });
        const { row_groups, num_rows } = await parquetMetadataAsync(await asyncBufferFromFile(path));
        expect(row_groups.length).toBeGreaterThan(1);
        const counted = await engine.count(
            (async function* () {
                for (const language of corpus.languages) yield* corpus.samples(language);
            })(),
        );
        expect(num_rows).toBe(counted.tokens);
        const chosen = [neurons[313]!, neurons.at(-1)!, neurons[2000]!];
        const some = ['language', 'text', 'position', 'token'];
        const read = await readRows(path, [...some, ...chosen.map((neuron) => neuronName(engine.sites, neuron))]);
        expect(read.some((row) => (row.token as string).includes('<0x'))).toBe(true);
        expect(withBytes(read)).toEqual(await watchedRows(engine, corpus, chosen));
        for (const language of corpus.languages)
            expect(read.filter((row) => row['language'] === language)).toHaveLength(tokens[language]!);
    });

    it('has null where a token did not go through an expert, and columns in the order asked for', async () => {
        const model = join(folder, 'experts.gguf');
        await writeUpcycled(embeddedModel, model, 8);
        using engine = await open(model);
        const corpus = await openCorpus('udhr:29-29', { languages: ['en'] });
        const site = engine.sites.findIndex(({ kind }) => kind === 'routed');
        const { width, experts } = engine.sites[site]!;
        const neurons = Array.from({ length: experts }, (_, e) => [site, (experts - 1 - e) * width + 5] as const);
        const path = join(folder, 'experts.parquet');
        await writeWatched(path, { engine, corpus, neurons });
        const read = await readRows(path);
        expect(withBytes(read)).toEqual(await watchedRows(engine, corpus, neurons));
        expect(Object.keys(read[0]!).slice(4)).toEqual(neurons.map((neuron) => neuronName(engine.sites, neuron)));
        const values = read.flatMap((row) => Object.values(row).slice(4));
        expect(values).toContain(null);
        expect(values.some((value) => value !== null)).toBe(true);
    });

    it('has the first texts of each language where a limit is given', async () => {
        using engine = await open();
        const corpus = await openCorpus('udhr:25-30', { languages: ['de', 'en'] });
        const neurons = [[1, 2]] as const;
        await writeWatched(join(folder, 'whole.parquet'), { engine, corpus, neurons });
        await writeWatched(join(folder, 'first.parquet'), { engine, corpus, neurons, limit: 2 });
        const whole = await readRows(join(folder, 'whole.parquet'), ['language', 'text', 'position', 'token']);
        const first = await readRows(join(folder, 'first.parquet'), ['language', 'text', 'position', 'token']);
        expect(first).toEqual(whole.filter((row) => Number(row['text']) < 2));
        expect(whole.length).toBeGreaterThan(first.length);
    });

    it('is there whole or not at all', async () => {
        using engine = await open();
        const corpus = await openCorpus('udhr:20-30', { languages: ['de', 'en'] });
        const place = mkdtempSync(join(folder, 'stopped-'));
        const path = join(place, 'a.parquet');
        writeFileSync(path, 'what was there');
        const stop = new AbortController();
        const progress = { ...silent, advance: () => stop.abort() };
        const options = { engine, corpus, neurons: [[1, 2]] as const };
        await expect(writeWatched(path, { ...options, signal: stop.signal, progress })).rejects.toMatchObject({
            code: 'ABORTED',
        });
        expect(readdirSync(place)).toEqual(['a.parquet']);
        expect(readFileSync(path, 'utf8')).toBe('what was there');
        await writeWatched(path, options);
        expect((await readRows(path)).length).toBeGreaterThan(0);
    });

    it('is refused for what cannot be written', async () => {
        using engine = await open();
        const corpus = await openCorpus('udhr:29-29', { languages: ['en'] });
        const refused = (name: string, neurons: readonly NeuronIndex[], words: string, limit?: number): Promise<void> =>
            expect(writeWatched(join(folder, name), { engine, corpus, neurons, limit })).rejects.toMatchObject({
                code: 'WRONG_USE',
                message: expect.stringContaining(words) as string,
            });
        await refused('a.csv', [[0, 1]], 'ends in .parquet');
        await refused('a.parquet', [], '`neurons` is empty');
        await refused('a.parquet', [[6, 0]], 'the model has sites 0 to 5');
        await refused('a.parquet', [[0, 1], [0, 1]], 'neuron 0:1 is named twice'); // prettier-ignore
        await refused('a.parquet', [[0, 1]], '`limit` takes a whole number of at least 1', 0);
    });
});

describe('activations', () => {
    const run = join(folder, 'run');
    const common = ['--model', embeddedModel, '--gpu', 'off'];

    it('writes chosen neurons, or those of a set, and says which are not there', async () => {
        const texts = ['--data', 'udhr:25-27', '--languages', 'en,de,zh'];
        expect(await commandHere('collect', ...common, ...texts, '--out', run)).toMatchObject({ code: 0 });
        expect(await commandHere('identify', run, '--top-rate', '0.05')).toMatchObject({ code: 0 });
        const written = await commandHere('activations', run, ...common, ...texts, '--neurons', '3:7, 0:12', '--json');
        expect(written).toMatchObject({ code: 0 });
        const { out, neurons, tokens } = JSON.parse(written.stdout) as {
            out: string;
            neurons: number;
            tokens: Record<string, number>;
        };
        const rows = await readRows(out);
        expect([out, neurons]).toEqual([join(run, 'activations.parquet'), 2]);
        expect(Object.keys(rows[0]!)).toEqual(['language', 'text', 'position', 'token', '3:7', '0:12']);
        expect(rows).toHaveLength(Object.values(tokens).reduce((sum, n) => sum + n, 0));

        const set = join(folder, 'set.parquet');
        const ofSet = ['--set', 'specific', '--of', 'zh,German', '--limit', '1', '--out', set];
        expect(await commandHere('activations', run, ...common, '--data', 'udhr:29-29', ...ofSet)).toMatchObject({
            code: 0,
        });
        const analysis = await readNeurons(join(run, 'neurons.json'));
        const own = ['zh', 'de'].flatMap((language) => neuronsOf(analysis, language, 'specific'));
        const names = own.map(([site, index]) => `${site}:${index}`);
        const [row] = await readRows(set);
        expect(Object.keys(row!).slice(4)).toEqual([...new Set(names)]);

        const wrong = async (words: string, ...args: string[]): Promise<void> => {
            const { code, stderr } = await commandHere('activations', run, ...common, '--data', 'udhr:29-29', ...args);
            expect(stderr).toContain(words);
            expect(code).not.toBe(0);
        };
        await wrong('not both');
        await wrong('not both', '--neurons', '0:1', '--set', 'specific');
        await wrong('--of means nothing with --neurons', '--neurons', '0:1', '--of', 'zh');
        await wrong('the model has layers 0 to 5', '--neurons', '0:1,6:1');
        await wrong('has no experts', '--set', 'experts', '--languages', 'zh');
        await wrong('the analysis has no language fr', '--set', 'specific', '--languages', 'fr');
    });

    it('leaves nothing behind when Ctrl-C stops it', async () => {
        const stopped = mkdtempSync(join(folder, 'stopped-'));
        const args = ['activations', stopped, ...common, '--data', 'udhr', '--neurons', '0:1', '--batch-size', '32'];
        const { child, ended } = startCli(args);
        await sees(child, 'watch ');
        child.kill('SIGINT');
        expect(await ended).toMatchObject({ code: 130 });
        expect(readdirSync(stopped)).toEqual([]);
    });
});
