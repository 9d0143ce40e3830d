import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { openCorpus } from '../../../src/data/openCorpus.js';
import { withFile, withFolder } from '../../../src/files/folderLock.js';
import { readInterventions } from '../../../src/interventions/namedInterventions.js';
import { LanguageList } from '../../../src/languages/LanguageList.js';
import { byName, nameProblem } from '../../../src/support/names.js';
import { temporaryFolder } from '../../helpers/temporaryFolder.js';

const root = temporaryFolder();

/** Names that cannot be kept, and why. */
const odd: readonly [name: string, why: RegExp][] = [
    ['__proto__', /__proto__.*reserves/],
    ['n'.repeat(300), /300 bytes, more than the 128/],
    ['語'.repeat(43), /129 bytes/],
    ['a/b', /slash/],
    ['a\\b', /slash/],
    ['../../etc', /slash/],
    ['..', /name of a folder/],
    ['a\nb', /control characters/],
    ['a\u0000b', /control characters/],
    ['a\u001b[31m', /control characters/],
    ['a\ud800', /not valid Unicode/],
];
/** Names that look odd and can be. */
const sound = ['nan', 'constructor', 'toString', '=1+1', 'zh-TW', 'n'.repeat(128), 'ความ', 'a b', '-', 'null'];

it.each(odd)('%j cannot be kept', (name, why) => {
    expect(`${name} ${nameProblem(name)}`).toMatch(why);
});
it.each(sound)('%j can', (name) => {
    expect(nameProblem(name)).toBeUndefined();
});

describe('a name that cannot be kept is refused where it is first seen', () => {
    const line = (language: string): string => `${JSON.stringify({ language, text: 'Hallo' })}\n`;

    it.each(odd)('%j as the language of a line', async (name, why) => {
        const path = join(root, 'odd.jsonl');
        writeFileSync(path, line('de') + line(name));
        const message = expect.stringMatching(new RegExp(`odd.jsonl: line 2 .*(?:${why.source})`)) as string;
        await expect(openCorpus(path)).rejects.toMatchObject({ code: 'DAMAGED', message });
    });

    it.each(odd)('%j as a language of a dataset', (name, why) => {
        const list = new LanguageList('folder', [
            ['a', 'de'],
            ['b', name],
        ]);
        const message = expect.stringMatching(why) as string;
        expect(() => list.choose({})).toThrow(expect.objectContaining({ code: 'WRONG_USE', message }));
        expect(list.choose({ languages: ['de'] })).toEqual([{ language: 'de', name: 'a' }]);
    });

    it.each([['', /is empty/] as const, ...odd])('%j of interventions', async (name, why) => {
        const path = join(root, 'interventions.json');
        writeFileSync(path, `{${JSON.stringify(name)}: [{"language": "de", "op": "zero"}]}`);
        const message = expect.stringMatching(why) as string;
        await expect(readInterventions(path)).rejects.toMatchObject({ code: 'DAMAGED', message });
    });

    it('as a file or a folder to write into', async () => {
        const work = (): Promise<void> => Promise.resolve();
        for (const use of [
            () => withFile(join(root, `${'n'.repeat(196)}.json`), 'respond', work),
            () => withFolder(join(root, 'n'.repeat(300)), 'collect', work),
            () => withFolder(join(root, 'a\nb'), 'collect', work),
            () => withFile(join(root, 'a\u0007b', 'answers.json'), 'respond', work),
        ])
            await expect(use()).rejects.toMatchObject({ code: 'UNWRITABLE' });
        await withFile(join(root, `${'n'.repeat(195)}.json`), 'respond', work);
    });

    it.each(sound)('and only then: %j', async (name) => {
        const path = join(root, 'sound.jsonl');
        writeFileSync(path, line(name));
        expect((await openCorpus(path)).languages).toHaveLength(1);
        writeFileSync(join(root, 'sound.json'), `{${JSON.stringify(name)}: [{"language": "de", "op": "zero"}]}`);
        expect(await readInterventions(join(root, 'sound.json'))).toMatchObject([{ name }]);
    });
});

it('values by name keep every name that can be one, and refuse the other', () => {
    const shape = byName(z.number());
    expect(shape.parse(JSON.parse('{"constructor": 1, "nan": 2}'))).toEqual({ constructor: 1, nan: 2 });
    for (const text of ['{"__proto__": 1}', '{"a": 1, "\\u005f_proto__": 2}', '[]', '1', 'null', '{"a": "1"}'])
        expect(shape.safeParse(JSON.parse(text)).success, text).toBe(false);
});
