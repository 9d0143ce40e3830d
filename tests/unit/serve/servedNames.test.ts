import { expect, it } from 'vitest';
import { modelStates } from '../../../src/interventions/ModelState.js';
import { parseShorthand } from '../../../src/interventions/shorthand.js';
import { distinct, findModel, nameShorthand, withoutEach } from '../../../src/serve/servedNames.js';

const nameOf = (without?: string, amplify?: string): string =>
    nameShorthand(parseShorthand({ without, amplify })!).name;

it('what options ask for has a name that fits into a request', () => {
    expect(nameOf('zh')).toBe('without-zh');
    expect(nameOf('zh,ja')).toBe('without-zh-ja');
    expect(nameOf(undefined, 'de:2')).toBe('amplify-de');
    expect(nameOf('zh', 'de:2,en:0.5')).toBe('without-zh-amplify-de-en');
});

it('of the same name the later one counts, and none is named as the whole model', () => {
    const file = {
        name: 'without-de',
        interventions: [{ neurons: { language: 'de' }, op: 'scale', value: 0.1 }],
    } as const;
    expect(distinct([...withoutEach(['en', 'de'], undefined), file])).toEqual([
        { name: 'without-en', interventions: [{ neurons: { language: 'en', set: undefined }, op: 'zero' }] },
        file,
    ]);
    expect(() => distinct([{ ...file, name: 'whole' }])).toThrow(/the name whole belongs to/);
});

it('a model is found by its name, and a wrong name says which there are', () => {
    const models = modelStates([{ name: 'without-de', interventions: [] }], { sites: [] });
    expect(findModel(models, 'without-de')).toBe(1);
    expect(() => findModel(models, 'witout-de')).toThrow(/did you mean without-de/);
    expect(() => findModel(models, 'gpt')).toThrow(/there are whole, without-de/);
});
