import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readInterventions } from '../../../src/interventions/namedInterventions.js';
import { parseShorthand } from '../../../src/interventions/shorthand.js';
import { temporaryFolder } from '../../helpers/temporaryFolder.js';

const folder = temporaryFolder();

function written(text: string): string {
    const path = join(folder, 'interventions.yaml');
    writeFileSync(path, text);
    return path;
}

describe('a file of interventions', () => {
    it('names lists of them, by languages or by neurons', async () => {
        const path = written(`
quiet: [{ language: zh, op: zero }]
loud:
  - { language: de, set: specific, op: scale, value: 2, where: response }
  - { neurons: [[0, 1], [2, 3]], op: add, value: 0.5, strength: 0.8, where: { from: -1 } }
`);
        expect(await readInterventions(path)).toEqual([
            { name: 'quiet', interventions: [{ neurons: { language: 'zh', set: undefined }, op: 'zero' }] },
            {
                name: 'loud',
                interventions: [
                    { neurons: { language: 'de', set: 'specific' }, op: 'scale', value: 2, where: 'response' },
                    {
                        neurons: [
                            [0, 1],
                            [2, 3],
                        ],
                        op: 'add',
                        value: 0.5,
                        strength: 0.8,
                        where: { from: -1 },
                    },
                ],
            },
        ]);
    });

    it.each([
        ['an unknown operation', 'a: [{ language: zh, op: halve }]', /a\.0\.op/],
        ['an unknown field', 'a: [{ language: zh, op: zero, by: 2 }]', /by/],
        ['neither language nor neurons', 'a: [{ op: zero }]', /either a language or neurons/],
        ['both', 'a: [{ language: zh, neurons: [[0, 0]], op: zero }]', /either a language or neurons/],
        ['an empty list', 'a: []', /a:/],
        ['no YAML', 'a: [', /yaml:/],
    ])('with %s is refused in a line that names it', async (_what, text, message) => {
        const path = written(text);
        const refused = readInterventions(path);
        await expect(refused).rejects.toMatchObject({ code: 'DAMAGED', message: expect.stringMatching(message) });
        await expect(refused).rejects.toMatchObject({ message: expect.stringContaining(path) });
        await expect(refused).rejects.toMatchObject({ message: expect.not.stringContaining('\n') });
    });

    it('that is not there is NOT_FOUND', async () => {
        await expect(readInterventions(join(folder, 'none.yaml'))).rejects.toMatchObject({ code: 'NOT_FOUND' });
    });
});

describe('--without and --amplify', () => {
    it('are zeros, then factors, of the set and place asked for', () => {
        const options = { without: 'zh, ja', amplify: 'de:2,en:-0.5', set: 'specific', where: 'prompt' } as const;
        const common = { where: 'prompt' };
        expect(parseShorthand(options)).toEqual({
            name: 'without zh, ja; amplify de:2, en:-0.5',
            interventions: [
                { ...common, neurons: { language: 'zh', set: 'specific' }, op: 'zero' },
                { ...common, neurons: { language: 'ja', set: 'specific' }, op: 'zero' },
                { ...common, neurons: { language: 'de', set: 'specific' }, op: 'scale', value: 2 },
                { ...common, neurons: { language: 'en', set: 'specific' }, op: 'scale', value: -0.5 },
            ],
            languages: [
                { language: 'zh', factor: 0 },
                { language: 'ja', factor: 0 },
                { language: 'de', factor: 2 },
                { language: 'en', factor: -0.5 },
            ],
        });
        expect(parseShorthand({})).toBeUndefined();
    });

    it.each([{ without: 'zh,' }, { without: ' ' }, { amplify: 'de' }, { amplify: 'de:x' }, { amplify: ':2' }])(
        '%o is wrong use',
        (options) => {
            expect(() => parseShorthand(options)).toThrow(/`(without|amplify)` takes/);
        },
    );
});
