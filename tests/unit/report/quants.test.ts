import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fromHtml } from 'hast-util-from-html';
import { select } from 'hast-util-select';
import { toString } from 'hast-util-to-string';
import { beforeEach, describe, expect, it } from 'vitest';
import type { NeuronAnalysis } from '../../../src/neurons/analysis/NeuronAnalysis.js';
import { smallestUnder } from '../../../src/quants/quantFile.js';
import { type QuantFile, type Quants, quantsName, writeQuants } from '../../../src/quants/quantsFile.js';
import { reportOn } from '../../../src/report/reportOn.js';
import { writeExploredRun } from '../../helpers/exploredRun.js';
import { reportPageOn } from '../../helpers/reportPage.js';
import { folderOfTest } from '../../helpers/temporaryFolder.js';
import { buildMatrix } from './fixture.js';

let folder: string;
let analysis: NeuronAnalysis;
beforeEach(async () => {
    folder = folderOfTest();
    analysis = await writeExploredRun(folder, 'a model', (languages) => buildMatrix(languages));
});

const certain = (value: number) => ({ value, interval: [value * 0.9, value * 1.1] as const });

function file(name: string, model: string, bytes: number, kl: number): QuantFile {
    const numbers = {
        ...{ tokens: 100, perplexity: certain(9 + kl), perplexityChange: certain(kl / 9), kl: certain(kl) },
        ...{ sameTop: certain(0.9), specificBefore: 8, specific: 7, overlap: certain(0.5), moved: certain(0.01) },
        own: certain(-0.02),
    };
    const about = { name, path: `${name}.gguf`, model, type: name, bytes, bitsPerWeight: bytes / 1e7, imatrix: null };
    return { ...about, perLanguage: { de: numbers, zh: { ...numbers, kl: certain(2 * kl) } } };
}

/** The run's model, or another one, beside two smaller files. */
function compared(reference = analysis.source.model.fingerprint): Quants {
    return {
        ...{ languages: ['de', 'zh'], data: ['udhr:1-6'], evaluation: ['udhr:30-30'], maxKl: 0.1, smallest: 'Q4_0' },
        notes: ['one language has few texts'],
        files: [
            file('whole', reference, 9e7, 0),
            file('Q4_0', 'xxh128:b', 5e7, 0.03),
            file('Q2_K', 'xxh128:c', 3e7, 0.4),
        ],
    };
}

async function write(quants: Quants): Promise<void> {
    mkdirSync(join(folder, quantsName));
    await writeQuants(join(folder, quantsName), quants);
}

describe('a report of quantized files', () => {
    it('has no such chapter where none were compared', async () => {
        expect(select('#smallerFiles', (await reportPageOn(folder)).tree)).toBeUndefined();
    });

    it('says that nothing is shown of a file without an interval, however near its value', async () => {
        const { files, ...others } = compared();
        const few = files.map((file) => {
            const { de, zh } = file.perLanguage;
            return { ...file, perLanguage: { de: de!, zh: { ...zh!, kl: { ...zh!.kl, interval: null } } } };
        });
        expect(smallestUnder(files, others)).toBe('Q4_0');
        expect(smallestUnder(few, others)).toBeNull();
        await write({ ...others, files: few, smallest: null });
        expect(toString((await reportPageOn(folder)).tree)).toContain(
            'No file is shown to have KL under 0.1 nats a token in all of de, zh: zh has no interval, as there are ' +
                'fewer than 3 texts; give more texts to measure on.',
        );
    });

    it('gives the verdict, the files and how far each is from the model', async () => {
        await write(compared());
        const { html, warnings } = await reportOn(folder);
        expect(warnings.join()).not.toContain('quants');
        const page = fromHtml(readFileSync(html, 'utf8'));
        expect(select('h2#smallerFiles', page)).toBeDefined();
        const words = toString(select('#smallerFiles + section', page)!).replaceAll(/\s+/g, ' ');
        expect(words).toContain('Q4_0 (50 MB, 5.00 bits a weight) is the smallest file with KL under 0.1 nats a token');
        expect(words).toContain('Note: one language has few texts');
        expect(words).toContain('Q2_K'); // the larger divergence, of Chinese, with its upper end
        expect(words).toContain('0.88');
        const csv = readFileSync(join(folder, 'tables', 'quants.csv'), 'utf8')
            .trim()
            .split('\n');
        expect(csv).toHaveLength(1 + 3 * 2);
        expect(csv.at(-1)).toMatch(/^Q2_K,zh,/);
    });

    it('leaves out a comparison with another model, and says so', async () => {
        await write(compared('xxh128:another'));
        const { tree, warnings } = await reportPageOn(folder);
        expect(select('#smallerFiles', tree)).toBeUndefined();
        expect(warnings.join()).toContain('quants/quants.json compares files with another model');
    });
});
