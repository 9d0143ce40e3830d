import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { partIn } from '../../../src/corpus/textPart.js';
import { openCorpus } from '../../../src/data/openCorpus.js';
import { withHeldOut } from '../../../src/run/heldOut.js';
import type { RunConfig } from '../../../src/run/RunConfig.js';
import { silent } from '../../../src/support/progress.js';
import { temporaryFolder } from '../../helpers/temporaryFolder.js';

const folder = temporaryFolder();
const texts = join(folder, 'texts');
mkdirSync(texts);
for (const [language, count] of [
    ['en', 10],
    ['de', 9],
] as const)
    writeFileSync(
        join(texts, `${language}.txt`),
        Array.from({ length: count }, (_, i) => `${language} ${i}\n`).join(''),
    );

async function read(spec: string | readonly string[], language: string): Promise<string[]> {
    const found: string[] = [];
    for await (const { response } of (await openCorpus(spec)).samples(language)) found.push(response);
    return found;
}

describe('a part of the texts', () => {
    it('is those of some places, the same in every language', async () => {
        expect(await read(`${texts}#5of5`, 'en')).toEqual(['en 4', 'en 9']);
        expect(await read(`${texts}#5of5`, 'de')).toEqual(['de 4']);
        expect(await read(`${texts}#1-4of5`, 'de')).toEqual([0, 1, 2, 3, 5, 6, 7, 8].map((i) => `de ${i}`));
    });

    it('and the other parts are all texts, each once', async () => {
        const all = [...(await read(`${texts}#1-2of3`, 'en')), ...(await read(`${texts}#3of3`, 'en'))];
        expect(all.sort()).toEqual((await read(texts, 'en')).sort());
    });

    it('is named in results, and so may be opened again', async () => {
        const { name, sources } = await openCorpus(['udhr:1-9#3of3', `${texts}#1-2of3`], { languages: ['en', 'de'] });
        expect(name).toMatch(/^udhr:1-9#3of3 \+ .*texts#1-2of3$/);
        expect(sources[1]!.path).toBe(`${texts}#1-2of3`);
    });

    it.each(['udhr#0of5', 'udhr#4-3of5', 'udhr#6of5'])('that there is not is refused: %s', async (spec) => {
        await expect(openCorpus(spec)).rejects.toThrow(`${spec}: asks for a part of the texts that there is not`);
    });

    it.each(['texts', 'udhr:1-24', 'a#b/texts', 'texts#5'])('is not meant by %s', (spec) => {
        expect(partIn(spec)).toEqual({ base: spec });
    });
});

describe('texts held out by a run', () => {
    const config = (given: Partial<RunConfig>): RunConfig => ({ model: 'm.gguf', data: [texts], out: 'out', ...given });
    const heldOut = async (given: Partial<RunConfig>): Promise<[RunConfig, string[]]> => {
        const notes: string[] = [];
        const progress = { ...silent, note: (line: string) => void notes.push(line) };
        return [await withHeldOut(config(given), { progress }), notes];
    };

    it('are one part of as many as there are folds, by default of five', async () => {
        const [found, notes] = await heldOut({ languages: ['en'] });
        expect([found.data, found.evaluation]).toEqual([[`${texts}#1-4of5`], [`${texts}#5of5`]]);
        expect(notes).toEqual(['one text in 5 is held out: it is not counted, and effects are measured on it']);
        expect((await heldOut({ folds: 3 }))[0].evaluation).toEqual([`${texts}#3of3`]);
    });

    it('are none where texts to measure on are named, or a part is', async () => {
        for (const given of [{ evaluation: ['udhr:30-30'] }, { data: [`${texts}#1-2of3`] }])
            expect(await heldOut(given)).toEqual([config(given), []]);
    });

    it('are none where a language has too few', async () => {
        const [found, notes] = await heldOut({}); // one of nine German texts is in the fifth part
        expect(found).toEqual(config({}));
        expect(notes[0]).toMatch(/^warning: a language has too few texts to hold 2 texts out.*give `evaluation`/);
    });
});
