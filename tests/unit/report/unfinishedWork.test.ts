import { appendFileSync, mkdirSync, renameSync, rmSync, utimesSync } from 'node:fs';
import { join } from 'node:path';
import { select } from 'hast-util-select';
import { toString } from 'hast-util-to-string';
import { beforeEach, describe, expect, it } from 'vitest';
import { examplesPath, readExamples, readExamplesHead, writeExamples } from '../../../src/examples/examplesFile.js';
import type { NeuronAnalysis } from '../../../src/neurons/analysis/NeuronAnalysis.js';
import { writeLens } from '../../../src/lens/lensFile.js';
import { unfinishedWork } from '../../../src/report/input/unfinishedWork.js';
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

/** The warnings of the report, which its page shows. */
async function warned(): Promise<readonly string[]> {
    const { tree, warnings } = await reportPageOn(folder);
    const page = toString(select('body', tree)!).replace(/\s+/g, ' ');
    for (const warning of warnings) expect(page).toContain(warning);
    return warnings;
}

async function lensOf(languages: readonly string[]): Promise<void> {
    const layers = [{ english: 1, own: 1, other: 1, untold: 1 }];
    await writeLens(folder, {
        ...{ model: analysis.source.model.fingerprint, data: ['udhr'], english: 'en', key: 'k' },
        languages: languages.map((language) => ({ language, tokens: 4, layers })),
    });
}

describe('a report of work that is not finished', () => {
    it('says nothing where all is whole', async () => {
        await lensOf(analysis.languages);
        expect((await warned()).join()).not.toMatch(/lacks|not finished/);
    });

    it('names the languages that the logit lens lacks', async () => {
        await lensOf(['en', 'de', 'hi']);
        expect(await warned()).toContain('lens.json lacks zh and ar; run lens again for all languages.');
    });

    it('names those that the examples lack', async () => {
        const path = examplesPath(folder);
        const head = (await readExamplesHead(path))!;
        mkdirSync(join(folder, 'parts'));
        const part = join(folder, 'parts', 'examples.k.safetensors');
        await writeExamples(part, { ...head, done: { en: 3, de: 1 } }, readExamples(path));
        const begin = 'Examples are not finished: parts/examples.k.safetensors lacks';
        expect(await warned()).toContain(`${begin} all texts of zh, ar and hi; run examples again.`);
        const done = Object.fromEntries(head.languages.map((language) => [language, 1]));
        renameSync(part, join(folder, 'other'));
        await writeExamples(part, { ...head, done }, readExamples(path));
        expect(await warned()).toContain(`${begin} the last texts; run examples again.`);
    });

    describe('parts of examples that other work has left', () => {
        const told = async (): Promise<string[]> =>
            (await unfinishedWork(folder, analysis, undefined)).flatMap(
                (sentence) => /parts\/examples\.(\S+)\.safetensors/.exec(sentence)?.[1] ?? [],
            );
        /** Writes a part, or a shard's file, of work by its key, some seconds after the first of all. */
        const write = async (name: string, key: string, seconds: number, fingerprint?: string): Promise<void> => {
            const path = examplesPath(folder);
            const head = (await readExamplesHead(path))!;
            const { source } = head;
            const model = { ...source.model, fingerprint: fingerprint ?? source.model.fingerprint };
            mkdirSync(join(folder, 'parts'), { recursive: true });
            const file = join(folder, name);
            await writeExamples(file, { ...head, key, done: {}, source: { ...source, model } }, readExamples(path));
            utimesSync(file, 1000 + seconds, 1000 + seconds);
        };
        const writtenAt = (seconds: number): void => utimesSync(examplesPath(folder), 1000 + seconds, 1000 + seconds);

        it('are not told once the whole is there', async () => {
            await write('parts/examples.old.safetensors', 'old', 1);
            writtenAt(2);
            expect(await told()).toEqual([]);
            writtenAt(0);
            expect(await told()).toEqual(['old']);
        });

        it('are not told beside later parts, which are', async () => {
            writtenAt(0);
            await write('parts/examples.old.safetensors', 'old', 1);
            await write('parts/examples.shard-1-of-2.new.safetensors', 'new', 2);
            await write('parts/examples.shard-2-of-2.new.safetensors', 'new', 3);
            expect(await told()).toEqual(['shard-1-of-2.new', 'shard-2-of-2.new']);
        });

        it('are told while a later shard of the same work is there alone', async () => {
            writtenAt(0);
            await write('parts/examples.shard-1-of-2.new.safetensors', 'new', 1);
            await write('examples.shard-2-of-2.safetensors', 'new', 2);
            expect(await told()).toEqual(['shard-1-of-2.new']);
            await write('examples.shard-2-of-2.safetensors', 'newer', 3);
            expect(await told()).toEqual([]);
        });

        it('are not told when they are of another model', async () => {
            writtenAt(0);
            await write('parts/examples.other.safetensors', 'other', 1, 'other');
            expect(await told()).toEqual([]);
        });
    });

    it('names those that a measurement lacks, until its matrix is there', async () => {
        const journal = join(folder, 'ppl.cells.jsonl');
        for (const language of ['en', 'de'])
            appendFileSync(
                journal,
                `${JSON.stringify({
                    ...{ key: `k${language}`, condition: 'whole', language, decodedTokens: 9 },
                    ...{ logProbabilities: [-3], tokens: [2], bytes: [5] },
                })}\n`,
            );
        expect((await warned()).join()).not.toContain('not finished');
        rmSync(join(folder, 'ppl.matrix.json'));
        const begin =
            'The measurement of perplexity, bits per byte or KL divergence is not finished: ppl.cells.jsonl holds';
        expect(await warned()).toContain(
            `${begin} 2 finished pieces, none in zh, ar and hi; run the same command again.`,
        );
    });
});
