import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fromHtml } from 'hast-util-from-html';
import { select, selectAll } from 'hast-util-select';
import { toString } from 'hast-util-to-string';
import { beforeEach, describe, expect, it } from 'vitest';
import { neuronsDigest } from '../../../src/neurons/analysis/neuronsDigest.js';
import type { NeuronAnalysis } from '../../../src/neurons/analysis/NeuronAnalysis.js';
import { readReport, reportOn } from '../../../src/report/reportOn.js';
import { type Tune, writeTune } from '../../../src/tune/tuneFile.js';
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

/** A search for German that found something; a system prompt does as much. */
function searched(): Tune {
    return {
        ...{
            speak: ['de'],
            avoid: [],
            data: 'questions',
            languages: ['de'],
            texts: 'udhr',
            textLanguages: ['en', 'zh'],
        },
        ...{ template: 'chat', maxTokens: 32, maxKl: 0.1, maxLoss: 0.05, controls: 3, seed: 1 },
        ...{ model: analysis.source.model.fingerprint, neurons: neuronsDigest(analysis) },
        prompts: { searched: 20, judged: 20 },
        whole: { passRate: 0.5, instead: { en: 10 } },
        candidates: 12,
        rounds: [
            { prompts: 5, tried: 12, kept: [{ words: 'de specific: scale:2', neurons: 7, passRate: 0.8 }] },
            { prompts: 20, tried: 4, kept: [{ words: 'de specific: scale:2', neurons: 7, passRate: 0.85 }] },
        ],
        best: {
            ...{ words: 'de specific: scale:2', neurons: 7, passRate: 0.85 },
            interventions: [{ op: 'scale', value: 2, neurons: [[0, 1]] }],
        },
        judgement: {
            rates: { tuned: 0.9, whole: 0.5, prompted: 0.85, random: 0.45 },
            over: {
                whole: { value: 0.4, interval: [0.2, 0.55], p: 0.001 },
                prompted: { value: 0.05, interval: [-0.1, 0.2], p: 0.6 },
                random: { value: 0.45, interval: [0.25, 0.6], p: 0.0004 },
            },
            accuracy: null,
            kl: { value: 0.02, interval: [0.01, 0.04] },
            refused: ['prompted'],
        },
        ...{ file: null, isExact: true },
    };
}

const textOf = (page: ReturnType<typeof fromHtml>, selector: string): string =>
    selectAll(selector, page).map(toString).join(' ').replaceAll(/\s+/g, ' ');

describe('a report of searches for interventions', () => {
    it('has no such chapter without one', async () => {
        expect(select('#tune', (await reportPageOn(folder)).tree)).toBeUndefined();
    });

    it('says what each comes to, and shows the best beside what it was judged by', async () => {
        await writeTune(folder, searched());
        await writeTune(folder, {
            ...searched(),
            ...{ speak: [], avoid: ['zh'], candidates: 0, rounds: [], best: null, judgement: null },
            whole: { passRate: 1, instead: {} },
        });
        const { html, warnings } = await reportOn(folder);
        const page = fromHtml(readFileSync(html, 'utf8'));
        expect(warnings.join()).not.toContain('tune');
        expect(textOf(page, '#tune + section')).toContain(
            'Nothing is claimed of the best candidate (de specific: scale:2)',
        );
        expect(textOf(page, '#tune + section tbody th')).toBe('stays out of Chinese keeps to German');
        const figure = select('[id="tune.speak-de"]', page)!;
        expect(toString(select('h3', figure)!)).toMatch(/A model that keeps to German: de specific: scale:2$/);
        const words = toString(figure).replaceAll(/\s+/g, ' ');
        expect(words).toContain('+40 points over the whole model (p = 0.001, +20 points to +55 points)');
        expect(words).toContain('KL divergence 0.0200 nats a token');
        expect(words).toContain('prompts questions; all rounds');
        expect(readFileSync(join(folder, 'tables', 'tune.speak-de.csv'), 'utf8')).toContain(
            'system prompt,0.85,0.05,-0.1,0.2,0.6',
        );
        // Nothing was judged: there is nothing to draw.
        expect(select('[id="tune.avoid-zh"]', page)).toBeUndefined();
    });

    it('leaves out what was made with other neurons, and says so', async () => {
        await writeTune(folder, { ...searched(), neurons: 'other' });
        const { tree, warnings } = await reportPageOn(folder);
        expect(select('#tune', tree)).toBeUndefined();
        expect(warnings.join()).toContain('tune.speak-de.json was made with other neurons');
        expect(warnings.join()).toContain('run tune again');
    });

    it('does not take the answers of a search for an unfinished measurement', async () => {
        rmSync(join(folder, 'ppl.matrix.json'));
        const cell = { key: 'k', condition: 'whole', language: 'en', decodedTokens: 9 };
        const scores = { logProbabilities: [-3], tokens: [2], bytes: [5] };
        writeFileSync(join(folder, 'ppl.cells.jsonl'), `${JSON.stringify({ ...cell, ...scores })}\n`);
        expect((await readReport(folder)).warnings!.join()).toContain('is not finished');
        await writeTune(folder, searched());
        expect((await readReport(folder)).warnings!.join()).not.toContain('is not finished');
    });
});
