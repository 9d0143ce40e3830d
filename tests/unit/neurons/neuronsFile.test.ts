import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { LanguageNeuronsError } from '../../../src/errors.js';
import { readNeurons, writeNeurons } from '../../../src/neurons/analysis/neuronsFile.js';
import { identify } from '../../../src/neurons/classes/identify.js';
import type { NeuronAnalysis } from '../../../src/neurons/analysis/NeuronAnalysis.js';

let root: string;
beforeAll(async () => {
    root = await mkdtemp(join(tmpdir(), 'language-neurons-'));
});
afterAll(() => rm(root, { recursive: true }));

/** A real analysis with neurons of every class. */
function analysed(languages: readonly string[] = ['en', 'zh', 'sw']): NeuronAnalysis {
    const l = languages.length;
    // By turns active in one language, in all but one, in all, in none.
    const active = (j: number, k: number): boolean => [k === (j >> 2) % l, k !== (j >> 2) % l, true, false][j % 4]!;
    const column = (j: number, k: number): bigint => BigInt((active(j, k) ? 60 : 5) + ((j * 7 + k) % 5));
    const counts = [20, 11].map((width) =>
        BigInt64Array.from({ length: width * l }, (_, i) => column(Math.floor(i / l), i % l)),
    );
    const source = {
        model: { name: '', architecture: '', quantization: '', fingerprint: '' },
        dataset: { name: '', hash: '' },
        versions: {},
    };
    return identify({ languages, counts, tokens: new BigInt64Array(l).fill(100n), source }, { topRate: 0.6, bar: 0.5 });
}

describe('neurons.json', () => {
    it('comes back as it was', async () => {
        const analysis = analysed();
        const { specific, related, general } = analysis.neurons;
        expect(
            [specific, related].map((lists) => Object.values(lists).flat().length > 0).concat(general.length > 0),
        ).toEqual([true, true, true]);
        const path = join(root, 'new', 'neurons.json');
        await writeNeurons(path, analysis);
        expect(await readNeurons(path)).toEqual(analysis);
    });

    it('is JSON that names its format, one line a property and one a list of neurons', async () => {
        const path = join(root, 'neurons.json');
        const analysis = analysed(['en', 'a "b"\\', '中']);
        await writeNeurons(path, analysis);
        const text = await readFile(path, 'utf8');
        expect(JSON.parse(text)).toEqual({ format: 'language-neurons/neurons', version: 1, ...analysis });
        expect(text.endsWith('}\n')).toBe(true);
        for (const language of analysis.languages)
            expect(
                text.split('\n').filter((line) => line.startsWith(`   ${JSON.stringify(language)}: [`)),
            ).toHaveLength(2);
        expect(await readNeurons(path)).toEqual(analysis);
    });

    it('without any neuron comes back too', async () => {
        const empty = analysed();
        const none = Object.fromEntries(empty.languages.map((language) => [language, []]));
        const analysis = { ...empty, neurons: { specific: none, related: none, general: [] } };
        await writeNeurons(join(root, 'none.json'), analysis);
        expect(await readNeurons(join(root, 'none.json'))).toEqual(analysis);
    });

    it.each<{
        what: string;
        change: (file: Record<string, unknown> & { neurons: Record<string, unknown> }) => unknown;
    }>([
        { what: 'another format', change: (file) => (file.format = 'language-neurons/matrix') },
        { what: 'a missing property', change: (file) => Reflect.deleteProperty(file, 'threshold') },
        { what: 'a property of another type', change: (file) => (file.lambda = '0.1') },
        { what: 'a negative number of neurons', change: (file) => (file.selected = -1) },
        { what: 'no neurons', change: (file) => Reflect.deleteProperty(file, 'neurons') },
        { what: 'a neuron beyond its layer', change: (file) => (file.neurons.general = [[1, 11]]) },
        { what: 'a neuron in a layer that is not', change: (file) => (file.neurons.general = [[2, 0]]) },
        { what: 'a neuron of one number', change: (file) => (file.neurons.general = [[1]]) },
        { what: 'a neuron of three numbers', change: (file) => (file.neurons.general = [[1, 2, 3]]) },
        { what: 'a negative neuron', change: (file) => (file.neurons.general = [[0, -1]]) },
        {
            what: 'a language without specific neurons listed',
            change: (file) => Reflect.deleteProperty(file.neurons.specific as object, 'zh'),
        },
        {
            what: 'a language without related neurons listed',
            change: (file) => Reflect.deleteProperty(file.neurons.related as object, 'zh'),
        },
        {
            what: 'a language without numbers',
            change: (file) => Reflect.deleteProperty(file.perLanguage as object, 'zh'),
        },
        { what: 'fewer layers counted than there are', change: (file) => (file.layers as unknown[]).pop() },
        { what: 'a histogram of other length', change: (file) => (file.histogram as unknown[]).pop() },
        {
            what: 'a histogram of all neurons of other length',
            change: (file) => (file.histogramAll as unknown[]).push(0),
        },
    ])('with $what is DAMAGED', async ({ change }) => {
        const path = join(root, 'changed.json');
        await writeNeurons(path, analysed());
        const file = JSON.parse(await readFile(path, 'utf8'));
        change(file);
        await writeFile(path, JSON.stringify(file));
        await expect(readNeurons(path)).rejects.toMatchObject({
            name: 'LanguageNeuronsError',
            code: 'DAMAGED',
            message: expect.stringContaining(path),
        });
    });

    it('cut anywhere is DAMAGED, with bytes changed DAMAGED or readable, and absent NOT_FOUND', async () => {
        const path = join(root, 'whole.json');
        await writeNeurons(path, analysed());
        const whole = await readFile(path);
        const code = async (bytes: Buffer): Promise<string> => {
            await writeFile(join(root, 'cut.json'), bytes);
            return readNeurons(join(root, 'cut.json')).then(
                () => 'read',
                (error: unknown) => (error instanceof LanguageNeuronsError ? error.code : String(error)),
            );
        };
        // Only the last newline can be missing.
        for (let length = 0; length < whole.length - 1; length += 3)
            expect(await code(whole.subarray(0, length)), `${length} bytes`).toBe('DAMAGED');
        await fc.assert(
            fc.asyncProperty(fc.nat(whole.length - 1), fc.nat(7), async (at, bit) => {
                const bytes = Buffer.from(whole);
                bytes[at] = bytes[at]! ^ (1 << bit);
                expect(['read', 'DAMAGED']).toContain(await code(bytes));
            }),
            { numRuns: 300 },
        );
        await expect(readNeurons(join(root, 'absent.json'))).rejects.toMatchObject({
            code: 'NOT_FOUND',
            message: expect.stringContaining('run identify first'),
        });
        await expect(readNeurons(root)).rejects.toMatchObject({ code: 'NOT_FOUND' });
    });
});
