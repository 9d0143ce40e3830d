import { symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Activations, Counts } from '../../../src/activations/Activations.js';
import { activationsName, writeActivations } from '../../../src/activations/activationsFile.js';
import { addCounts } from '../../../src/activations/addCounts.js';
import { compare, type LabelledAnalysis } from '../../../src/experiments/comparisons/compare.js';
import { identify } from '../../../src/neurons/classes/identify.js';
import { jackknife } from '../../../src/neurons/classes/stability.js';
import { numbersWithoutFolds } from '../../../src/neurons/classes/withoutFolds.js';
import { someSource } from '../../helpers/analysed.js';
import { folderOfTest } from '../../helpers/temporaryFolder.js';

const languages = ['en', 'de', 'zh'];
const width = 60;
const folds = 5;
const settings = { topRate: 0.3, bar: 0.7, lambda: 0.2 };

/** Counts of a model whose neurons are as active in language k as chance and `seed` have it, in each fold anew. */
function countsOf(seed: number): Activations & { readonly folds: readonly Counts[] } {
    const parts = Array.from({ length: folds }, (_, f): Counts => {
        const draw = (i: number): bigint => BigInt(100 + ((seed + i * 7919 + f * ((i * 131) % 97)) % 800));
        return {
            counts: [BigInt64Array.from({ length: width * languages.length }, (_, i) => draw(i))],
            tokens: new BigInt64Array(languages.length).fill(1000n),
        };
    });
    return { languages, ...addCounts(parts), folds: parts, source: someSource };
}

async function labelled(label: string, counts: Activations): Promise<LabelledAnalysis> {
    const folder = folderOfTest();
    await writeActivations(join(folder, activationsName), counts);
    const analysis = identify(counts, settings);
    return { label, analysis, withoutFolds: await numbersWithoutFolds(folder, analysis) };
}

const intervalsOf = (before: LabelledAnalysis, after: LabelledAnalysis) =>
    compare([before, after]).changes[0]!.intervals;

describe('intervals of what changed', () => {
    it('are the jackknife of the differences, each fold left out of both', async () => {
        const [a, b] = [countsOf(1), countsOf(400)];
        const without = ({ folds: parts, ...whole }: typeof a) =>
            parts.map((_, left) => identify({ ...whole, ...addCounts(parts.filter((_, f) => f !== left)) }, settings));
        const [before, after] = [without(a), without(b)];
        const intervals = intervalsOf(await labelled('a', a), await labelled('b', b))!;
        expect(intervals.folds).toBe(folds);
        const [whole, other] = [identify(a, settings), identify(b, settings)];
        const differences = new Set<number>();
        for (const language of languages) {
            const of = ({ perLanguage }: typeof whole) => perLanguage[language]!.total;
            const each = after.map((one, f) => of(one) - of(before[f]!));
            for (const one of each) differences.add(one - (of(other) - of(whole)));
            expect(intervals.perLanguage[language]!.total).toEqual(jackknife(of(other) - of(whole), each, -Infinity));
        }
        expect(differences.size).toBeGreaterThan(1);
        const classes = ({ layers }: typeof whole) => layers[0]!.related;
        const each = after.map((one, f) => classes(one) - classes(before[f]!));
        expect(intervals.classes.related).toEqual(jackknife(classes(other) - classes(whole), each, -Infinity));
    });

    it('are of no width for a model and itself, whatever its own are', async () => {
        const same = countsOf(1);
        const { intervals: own } = identify(same, settings).stability!;
        expect(Object.values(own.perLanguage).some(({ total: [low, high] }) => low < high)).toBe(true);
        const intervals = intervalsOf(await labelled('a', same), await labelled('b', same))!;
        for (const { total } of Object.values(intervals.perLanguage)) expect(total).toEqual([0, 0]);
    });

    it('are not known without folds, of other texts, or of other counts than those of the analysis', async () => {
        const [a, b] = [countsOf(1), countsOf(400)];
        const { folds: _, ...unfolded } = b;
        expect(intervalsOf(await labelled('a', a), await labelled('b', unfolded))).toBeUndefined();
        const others = { ...b, source: { ...someSource, dataset: { ...someSource.dataset, hash: 'others' } } };
        expect(intervalsOf(await labelled('a', a), await labelled('b', others))).toBeUndefined();
        const folder = folderOfTest();
        expect(await numbersWithoutFolds(folder, identify(a, settings))).toBeUndefined();
        await writeActivations(join(folder, activationsName), b);
        expect(await numbersWithoutFolds(folder, identify(a, settings))).toBeUndefined();
        expect(await numbersWithoutFolds(folder, identify(b, settings))).toHaveLength(folds);
    });

    it.skipIf(process.platform !== 'linux')(
        'fail, naming the file, where the counts are there and cannot be read',
        async () => {
            const folder = folderOfTest();
            const path = join(folder, activationsName);
            symlinkSync('/proc/self/mem', path);
            await expect(numbersWithoutFolds(folder, identify(countsOf(1), settings))).rejects.toThrow(path);
        },
    );
});
