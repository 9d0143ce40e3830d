import { readFile, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { readActivations } from '../../src/activations/activationsFile.js';
import { openCorpus } from '../../src/data/openCorpus.js';
import { Engine } from '../../src/engine/Engine.js';
import { activationProbabilities } from '../../src/neurons/scores/activationProbabilities.js';
import { readNeurons } from '../../src/neurons/analysis/neuronsFile.js';
import { upperKl } from '../../src/quants/quantFile.js';
import { quants, type QuantsOptions } from '../../src/quants/quants.js';
import { type Quants, readQuantsIfAny } from '../../src/quants/quantsFile.js';
import { writeQuantsPage } from '../../src/report/quantsPage.js';
import { quantsTable, quantsVerdict } from '../../src/report/sections/quantsSection.js';
import { silent } from '../../src/support/progress.js';
import { commandHere } from '../helpers/commandHere.js';
import { embeddedModel } from '../helpers/models.js';
import { temporaryFolder } from '../helpers/temporaryFolder.js';

const folder = temporaryFolder();
const languages = ['en', 'th'];
const engine = { model: embeddedModel, gpu: 'off', threads: 1 } as const;

async function compared(more: Partial<QuantsOptions> = {}): Promise<Quants> {
    const corpus = await openCorpus('udhr:1-6', { languages });
    const evaluation = await openCorpus('udhr:27-30', { languages });
    const imatrixTexts = await openCorpus('udhr:1-6', { languages: ['th'] });
    const made = { make: ['Q4_K_M', 'Q2_K'], imatrixTexts, folds: 2, topRate: 0.05, maxKl: 0.1 } as const;
    return quants({ engine, files: [], corpus, evaluation, folder: join(folder, 'quants'), ...made, ...more });
}

describe('quantized files of the embedded model', () => {
    let found: Quants;
    beforeAll(async () => {
        found = await compared();
    });

    it('are the reference, and each type without and with an importance matrix', () => {
        const [reference, ...files] = found.files;
        expect(reference!.name).toBe('base');
        expect(files.map(({ name }) => name).sort()).toEqual([
            ...['base.Q2_K', 'base.Q2_K.imatrix-th', 'base.Q4_K_M', 'base.Q4_K_M.imatrix-th'],
        ]);
        for (const { name, imatrix, bytes, path } of files) {
            expect(imatrix === null).toBe(!name.includes('imatrix'));
            expect(imatrix?.dataset ?? 'udhr:1-6 (th)').toBe('udhr:1-6 (th)');
            expect(bytes).toBeLessThan(reference!.bytes);
            expect(path).toContain(join(folder, 'quants', 'models'));
        }
        expect(found.notes[0]).toContain('quantized itself (Q8_0)');
    });

    it('are no distance from themselves, and the smaller type is the farther one', () => {
        const [reference] = found.files;
        const klOf = (name: string, language: string): number =>
            found.files.find((file) => file.name === name)!.perLanguage[language]!.kl.value;
        for (const language of languages) {
            const own = reference!.perLanguage[language]!;
            expect(own).toMatchObject({
                ...{ kl: { value: 0 }, sameTop: { value: 1 }, perplexityChange: { value: 0 } },
                ...{ overlap: { value: 1 }, moved: { value: 0 }, own: { value: 0 } },
            });
            expect(klOf('base.Q2_K', language)).toBeGreaterThan(2 * klOf('base.Q4_K_M', language));
            expect(klOf('base.Q4_K_M', language)).toBeGreaterThan(0.001);
        }
    });

    it('have the perplexity and the divergence that the engine gives', async () => {
        const file = found.files.find(({ name }) => name === 'base.Q2_K')!;
        using reference = await Engine.open(engine);
        using other = await Engine.open({ ...engine, model: file.path });
        const { samples } = await openCorpus('udhr:27-30', { languages }).then((corpus) => ({
            samples: (language: string) => corpus.samples(language),
        }));
        for (const language of languages) {
            const score = await other.score(samples(language), { reference });
            const numbers = file.perLanguage[language]!;
            expect(numbers.tokens).toBe(score.tokens);
            expect(numbers.perplexity.value).toBeCloseTo(Math.exp(-score.logProbability / score.tokens), 6);
            expect(numbers.kl.value).toBeCloseTo(score.divergence! / score.tokens, 9);
            expect(numbers.sameTop.value).toBeCloseTo(score.agreed! / score.tokens, 9);
            for (const { value, interval } of [numbers.kl, numbers.perplexity, numbers.sameTop]) {
                expect(interval![0]).toBeLessThanOrEqual(value);
                expect(interval![1]).toBeGreaterThanOrEqual(value);
            }
        }
    });

    it('keep the neurons that both run folders have, and moved by their probabilities', async () => {
        const places = ['base', 'base.Q2_K'].map((name) => join(folder, 'quants', 'files', name));
        const analyses = await Promise.all(places.map((place) => readNeurons(join(place, 'neurons.json'))));
        const counted = await Promise.all(places.map((place) => readActivations(place)));
        const probabilities = counted.map((activations) => activationProbabilities(activations).p);
        const file = found.files.find(({ name }) => name === 'base.Q2_K')!;
        for (const [k, language] of languages.entries()) {
            const [a, b] = analyses.map(({ neurons }) => new Set(neurons.specific[language]!.map(String)));
            const common = [...a!].filter((key) => b!.has(key)).length;
            const { overlap, moved, specific, specificBefore } = file.perLanguage[language]!;
            expect([specificBefore, specific]).toEqual([a!.size, b!.size]);
            expect(overlap.value).toBeCloseTo(common / (a!.size + b!.size - common), 12);
            expect(overlap.interval).toHaveLength(2);
            const [before, after] = probabilities.map((p) => p.filter((_, i) => i % languages.length === k));
            const shifts = before!.map((value, i) => Math.abs(after![i]! - value));
            expect(moved.value).toBeCloseTo(shifts.reduce((sum, shift) => sum + shift, 0) / shifts.length, 12);
        }
    });

    it('name the smallest that is near enough in every language, or the nearest', () => {
        const under = ({ perLanguage }: Quants['files'][number], bound: number): boolean =>
            languages.every((language) => upperKl(perLanguage[language]!)! < bound);
        const good = found.files.slice(1).filter((file) => under(file, 0.1));
        expect(good.length).toBeGreaterThan(0);
        expect(found.smallest).toBe(good.reduce((a, b) => (b.bytes < a.bytes ? b : a)).name);
        expect(quantsVerdict(found)).toContain(`${found.smallest} (2 MB`);
        expect(quantsVerdict({ ...found, smallest: null })).toMatch(/^No file has KL under 0\.1 nats/);
    });

    it('are not measured again, and a stopped one goes on', async () => {
        const path = join(folder, 'quants', 'models', 'base.Q2_K.gguf');
        const before = await stat(path);
        const notes: string[] = [];
        const again = await compared({ progress: { ...silent, note: (line) => notes.push(line) } });
        expect(again).toEqual(found);
        expect((await stat(path)).mtimeMs).toBe(before.mtimeMs);
        expect(notes.filter((note) => note.endsWith('already made'))).toHaveLength(4);
        await rm(path);
        await expect(compared({ signal: AbortSignal.abort() })).rejects.toMatchObject({ code: 'ABORTED' });
        expect(await compared()).toEqual(found);
    });

    it('are in a file that is read back, a table and a page', async () => {
        expect(await readQuantsIfAny(join(folder, 'quants'))).toEqual(found);
        const paths = await writeQuantsPage(join(folder, 'quants'), found);
        const page = await readFile(paths.html, 'utf8');
        expect(page).toContain(quantsVerdict(found));
        expect(page).toContain('<svg');
        const lines = (await readFile(paths.csv, 'utf8')).trim().split('\n');
        expect(lines).toHaveLength(1 + quantsTable(found).rows.length);
        expect(quantsTable(found).rows).toHaveLength(5 * languages.length);
    });

    it('of the type of the reference are said to cost nothing because nothing is left to lose', async () => {
        expect(found.notes.join(' ')).not.toContain('same type');
        const one = { make: ['Q8_0', 'Q2_K'], imatrixTexts: undefined, folder: join(folder, 'same') } as const;
        const { notes, files } = await compared(one);
        expect(files.find(({ name }) => name === 'base.Q8_0')!.perLanguage.th!.kl.value).toBe(0);
        const [note] = notes.filter((line) => line.includes('same type'));
        expect(note).toMatch(/^The reference is Q8_0 itself, .* a KL of 0 \(base\.Q8_0\)/);
    });

    it('must be some', async () => {
        await expect(compared({ make: undefined })).rejects.toMatchObject({ code: 'WRONG_USE' });
    });
});

describe('the command', () => {
    it('refuses a matrix for files that are not made here', async () => {
        const texts = ['-d', 'udhr:1-6', '-l', 'en,th', '-o', join(folder, 'none')];
        const { code, stderr } = await commandHere('quants', embeddedModel, embeddedModel, '--imatrix', 'th', ...texts);
        expect(code).toBe(2);
        expect(stderr).toMatch(/--imatrix.*--make/);
    });
});
