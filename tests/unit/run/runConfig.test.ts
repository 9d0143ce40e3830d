import { readFileSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { run } from '../../../src/run/run.js';
import { readRunConfig, type RunConfig } from '../../../src/run/RunConfig.js';
import { temporaryFolder } from '../../helpers/temporaryFolder.js';

const folder = temporaryFolder();

function written(text: string): string {
    const path = join(folder, 'run.yaml');
    writeFileSync(path, text);
    return path;
}

describe('a run configuration', () => {
    it("of the docs is read, its paths from the file's folder", async () => {
        const example = /```yaml file=whole.yaml\n([\s\S]+?)```/.exec(
            readFileSync('docs/commands/run.md', 'utf8'),
        )![1]!;
        expect(await readRunConfig(written(example))).toEqual({
            model: join(folder, 'model.gguf'),
            data: [join(folder, 'texts')],
            evaluation: [join(folder, 'held-out')],
            metric: 'bits-per-byte',
            languages: ['en', 'zh', 'de'],
            folds: 5,
            values: true,
            topRate: 0.01,
            sets: ['specific', 'specific+related'],
            controls: 3,
            examples: {},
            effects: {},
            intervene: [{ op: ['scale:0.5', 'mean:zh'] }, { op: ['zero'], dose: [0.001, 0.01], controls: 1 }],
            check: [{}],
            quants: { files: [join(folder, 'model-q4.gguf')], make: ['Q4_K_M', 'Q2_K'] },
            tune: [{ speak: ['de'], texts: [join(folder, 'held-out')], limit: 40 }],
            accuracy: {
                questions: 'mgsm',
                languages: ['zh', 'de'],
                template: 'chat',
                limit: 50,
                sets: ['specific+related'],
                wholeLimit: 200,
            },
            out: join(folder, 'runs/mine'),
            aligned: { loras: [{ path: join(folder, 'lora.gguf') }], trained: ['zh', 'de'], together: false },
        });
    });

    it('leaves names and URIs as they are', async () => {
        const config = await readRunConfig(
            written(
                'model: hf:user/repo:Q4_K_M\ndata: [udhr:1-24, udhr, mgsm, more.jsonl]\n' +
                    'accuracy: {questions: sub/mgsm}\nout: /tmp/x\nloras: [{path: a.gguf, scale: 0.5}]',
            ),
        );
        expect(config).toMatchObject({
            model: 'hf:user/repo:Q4_K_M',
            data: ['udhr:1-24', 'udhr', 'mgsm', join(folder, 'more.jsonl')],
            accuracy: { questions: join(folder, 'sub/mgsm') },
            out: '/tmp/x',
            loras: [{ path: join(folder, 'a.gguf'), scale: 0.5 }],
        });
    });

    it.each([
        ['udhr.jsonl', 'udhr.jsonl'],
        ['udhr-texts', 'udhr-texts'],
        ['udhr/en', 'udhr/en'],
        ['./udhr', 'udhr'],
        ['mgsm/', 'mgsm'],
        ['./mgsm', 'mgsm'],
        ['texts:v2/a.jsonl', 'texts:v2/a.jsonl'],
        ['mgsm.jsonl', 'mgsm.jsonl'],
        ['C:\\texts', 'C:\\texts'],
        ['~x', '~x'],
        ['a~/b', 'a~/b'],
    ])('takes %s for a path', async (spec, path) => {
        const { data, evaluation, model } = await readRunConfig(
            written(`model: '${spec}'\ndata: '${spec}'\nevaluation: [udhr, '${spec}']\nout: x`),
        );
        expect({ data, evaluation, model }).toEqual({
            data: [join(folder, path)],
            evaluation: ['udhr', join(folder, path)],
            model: join(folder, path),
        });
    });

    it('expands ~, and reads every path from the folder of the file', async () => {
        expect(
            await readRunConfig(
                written(
                    [
                        'model: ~/m.gguf',
                        'data: [~/texts]',
                        'out: ~/runs',
                        'loras: [{path: ~/a.gguf}, {path: b.gguf}]',
                        'aligned: {model: ~/n.gguf}',
                        'accuracy: {questions: ~/mgsm, template: words.txt}',
                    ].join('\n'),
                ),
            ),
        ).toEqual({
            model: join(homedir(), 'm.gguf'),
            data: [join(homedir(), 'texts')],
            out: join(homedir(), 'runs'),
            loras: [{ path: join(homedir(), 'a.gguf') }, { path: join(folder, 'b.gguf') }],
            aligned: { model: join(homedir(), 'n.gguf') },
            accuracy: { questions: join(homedir(), 'mgsm'), template: join(folder, 'words.txt') },
        });
    });

    it.each(['chat', 'mathoctopus', 'native-cot'])('leaves the name of the template %s', async (template) => {
        const { accuracy } = await readRunConfig(
            written(`model: m\ndata: udhr\nout: o\naccuracy: {questions: msvamp, template: ${template}}`),
        );
        expect(accuracy).toEqual({ questions: 'msvamp', template });
    });

    it('takes true, false or settings for examples and effects', async () => {
        const parts = async (text: string) => {
            const { examples, effects } = await readRunConfig(written(`model: m\ndata: udhr\nout: o\n${text}`));
            return { examples, effects };
        };
        expect(await parts('examples: true\neffects: false')).toEqual({ examples: {} });
        expect(
            await parts('examples: {data: [~/more, udhr], general: 7, languages: zh}\neffects: {set: specific}'),
        ).toEqual({
            examples: { data: [join(homedir(), 'more'), 'udhr'], general: 7, languages: ['zh'] },
            effects: { set: 'specific' },
        });
    });

    it('takes true, settings or a list of them for checks, and one or a list for interventions', async () => {
        const parts = async (text: string) => {
            const { check, intervene } = await readRunConfig(written(`model: m\ndata: udhr\nout: o\n${text}`));
            return { check, intervene };
        };
        expect(await parts('check: false')).toEqual({});
        expect(await parts('check: true\nintervene: {op: "scale:2"}')).toEqual({
            check: [{}],
            intervene: [{ op: ['scale:2'] }],
        });
        const checks = 'check: [{names: nulls, data: more}, {names: [importance], sample: 5, other: ~/chat.gguf}]';
        expect(await parts(`${checks}\nintervene: [{op: zero, dose: 1%}, {op: "add:1", strength: 0.5}]`)).toEqual({
            check: [
                { names: ['nulls'], data: [join(folder, 'more')] },
                { names: ['importance'], sample: 5, other: join(homedir(), 'chat.gguf') },
            ],
            intervene: [
                { op: ['zero'], dose: [0.01] },
                { op: ['add:1'], strength: 0.5 },
            ],
        });
    });

    it('takes several models by their names in the place of one', async () => {
        const { model, models } = await readRunConfig(
            written('models: {a: ~/a.gguf, b-2: {model: hf:u/r:Q8_0, loras: [{path: l.gguf}]}}\ndata: udhr\nout: o'),
        );
        expect(model).toBeUndefined();
        expect(models).toEqual({
            a: join(homedir(), 'a.gguf'),
            'b-2': { model: 'hf:u/r:Q8_0', loras: [{ path: join(folder, 'l.gguf') }] },
        });
    });

    it.each([
        ['models: {a: x.gguf}', 'models: takes at least 2'],
        ['models: {a: x.gguf, b: y.gguf}\nmodel: z', 'model: cannot stand beside `models`'],
        ['models: {a: x.gguf, b: y.gguf}\nloras: [{path: l}]', 'loras: cannot stand beside `models`'],
        ['models: {a: x.gguf, b: y.gguf}\naligned: {model: z}', 'aligned: cannot stand beside `models`'],
        ['models: {a: x.gguf, ../b: y.gguf}', 'models.../b'],
        ['models: {a: x.gguf, b: {modl: y}}', 'models.b'],
        ['title: none', 'model: is missing'],
    ])('with %j for its models is refused: %s', async (settings, words) => {
        const error: unknown = await readRunConfig(written(`data: y\nout: z\n${settings}`)).catch(
            (cause: unknown) => cause,
        );
        expect(error).toMatchObject({ code: 'DAMAGED', message: expect.stringContaining(words) });
        expect((error as Error).message).toMatch(/^[^\n]*run\.yaml[^\n]*$/);
    });

    it.each<[settings: Partial<RunConfig>, words: string]>([
        [{ intervene: { op: ['mean:zh'] } }, 'intervene: replace:mean:zh takes collected values; add `values: true`'],
        [{ intervene: [{ op: ['diffmean'] }] }, 'intervene: diffmean takes collected values'],
        [{ intervene: { op: ['frob'] } }, 'there is no operation frob'],
        [{ intervene: { op: ['zero'], dose: [0.1], sets: ['specific'] } }, 'intervene: `dose` takes neurons by rank'],
        [{ sets: [], intervene: { op: ['scale:2'] } }, 'intervene: the run has no sets; give `sets`'],
        [{ intervene: true }, 'intervene.0.op: is missing'],
        [
            { intervene: { op: ['zero'] } },
            'intervene: sets by zero would be measured twice, and the first result be lost',
        ],
        [{ intervene: { op: ['add:1', 'add:1'] } }, 'sets by add:1 would be measured twice'],
        [{ intervene: [{ op: ['scale:2'] }, { op: ['scale:2'], seed: 3 }] }, 'sets by scale:2 would be measured twice'],
        [
            {
                intervene: [
                    { op: ['zero'], dose: [0.1] },
                    { op: ['zero'], dose: [0.2] },
                ],
            },
            'doses by zero would be measured twice',
        ],
        [{ check: { names: ['nuls'] } }, 'there is no check "nuls"; did you mean nulls?'],
        [{ check: [{}, { names: ['chanse'] }] }, 'there is no check "chanse"'],
        [{ quants: {} }, 'no file to compare; give some, or `make`'],
        [{ quants: { files: ['x.gguf'], imatrix: ['th'] } }, '`imatrix` is of files that are made here'],
        [
            { quants: { make: ['Q2_K'] }, loras: [{ path: 'l.gguf' }] },
            'quants: files are compared with a model without',
        ],
    ])('%j is refused before anything is opened: %s', async (settings, words) => {
        const config = { model: 'no-model.gguf', data: ['udhr'], out: join(folder, 'never'), ...settings };
        await expect(run(config)).rejects.toMatchObject({ code: 'WRONG_USE', message: expect.stringContaining(words) });
    });

    it('takes neuron sets of its own for accuracy', async () => {
        const base = 'model: m\ndata: udhr\nout: o\nsets: [specific, specific+related]\naccuracy: {questions: mgsm';
        const { sets, accuracy } = await readRunConfig(written(`${base}, sets: [specific+related]}`));
        expect(sets).toEqual(['specific', 'specific+related']);
        expect(accuracy!.sets).toEqual(['specific+related']);
        expect((await readRunConfig(written(`${base}}`))).accuracy).toEqual({ questions: 'mgsm' });
        expect((await readRunConfig(written(`${base}, sets: []}`))).accuracy!.sets).toEqual([]);
    });

    it('takes no neuron sets, for the whole model alone', async () => {
        expect((await readRunConfig(written('model: m\ndata: udhr\nout: o\nsets: []'))).sets).toEqual([]);
    });

    it('takes an aligned model: other weights, or adapters on the same', async () => {
        const aligned = async (text: string) =>
            (await readRunConfig(written(`model: a.gguf\ndata: udhr\nout: x\naligned: ${text}`))).aligned;
        expect(await aligned('{loras: [{path: sub/lora.gguf}], trained: [zh, de]}')).toEqual({
            loras: [{ path: join(folder, 'sub/lora.gguf') }],
            trained: ['zh', 'de'],
        });
        expect(await aligned('{model: b.gguf}')).toEqual({ model: join(folder, 'b.gguf') });
        expect(await aligned('{model: hf:user/repo:Q8_0}')).toEqual({ model: 'hf:user/repo:Q8_0' });
    });

    const damaged: [text: string, words: string][] = [
        ['model: x', 'data: is missing; out: is missing'],
        ['model: [', 'Flow sequence'],
        ['', 'the file is empty'],
        ['# only a remark', 'the file: takes settings, not null'],
        ['just words', 'the file: takes settings, not "just words"'],
        ['a: 1\n---\nb: 2', 'several documents'],
        ['model: x\nout: y\ndata: &a [*a]', 'a value that contains itself'],
        ['['.repeat(50_000), 'not a run configuration'],
        [`x: ${'y'.repeat(2 ** 20)}`, 'larger than the 1 MB'],
        [
            'a: &a [1,1,1,1,1,1,1,1,1,1]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a]\n' +
                'c: &c [*b,*b,*b,*b,*b,*b,*b,*b]\nd: [*c,*c,*c,*c,*c]',
            'Excessive alias count',
        ],
    ];
    it.each(damaged.map(([text, words]) => ({ text, words })))('is DAMAGED: $words', async ({ text, words }) => {
        const error: unknown = await readRunConfig(written(text)).catch((cause: unknown) => cause);
        expect(error).toMatchObject({ code: 'DAMAGED', message: expect.stringContaining(words) });
        expect((error as Error).message).toMatch(/^[^\n]*run\.yaml[^\n]*$/);
    });

    it.each<[settings: string, words: string]>([
        ['topRat: 0.1', 'unknown key topRat; did you mean topRate?'],
        ['top-rate: 0.1', 'unknown key top-rate; did you mean topRate?'],
        ['aligned: {lora: [{path: l.gguf}]}', 'aligned: unknown key lora; did you mean loras?'],
        ['aligned: {loras: [{path: l.gguf, scal: 1}]}', 'aligned.loras.0: unknown key scal; did you mean scale?'],
        ['loras: [{path: l.gguf}, {path: m.gguf, scle: 1}]', 'loras.1: unknown key scle; did you mean scale?'],
        ['accuracy: {questions: mgsm, maxToken: 5}', 'accuracy: unknown key maxToken; did you mean maxTokens?'],
        ['examples: {genral: 5}', 'examples: unknown key genral; did you mean general?'],
        ['examples: {general: -1}', 'examples.general: takes a whole number'],
        ['examples: 3', 'examples: takes true, false or settings, not 3'],
        ['examples: yes please', 'examples: takes true, false or settings, not "yes please"'],
        ['effects: [zh]', 'effects: takes true, false or settings, not'],
        ['effects: {set: specifc}', 'effects.set: takes specific'],
        ['intervene: {op: zero, dos: 1%}', 'intervene.0: unknown key dos; did you mean dose?'],
        ['intervene: {op: zero, dose: 100%}', 'intervene.0.dose.0: takes a number between 0 and 1, not "100%"'],
        ['intervene: 3', 'intervene.0: takes settings, not 3'],
        ['intervene: []', 'intervene: takes at least 1, not []'],
        ['check: [true]', 'check.0: takes settings, not true'],
        ['check: {repeats: 1}', 'check.0.repeats: takes a whole number from 2 to 1000, not 1'],
        ['quants: {make: [Q3]}', 'quants.make.0: takes'],
        ['quants: {evaluation: udhr}', 'quants: unknown key evaluation'],
        ['tune: {speek: de}', 'tune.0: unknown key speek; did you mean speak?'],
        ['tune: {speak: de, layers: middle}', 'tune.0.layers.0: takes all, early or late, not "middle"'],
        ['frobnicate: 1', 'unknown key frobnicate)'],
        ['<<: {threads: 1}', 'unknown key <<)'],
        ['__proto__: {threads: 1}', 'unknown key __proto__)'],
        [
            'sets: [specifc]',
            'sets.0: takes specific, specific+related, specific+related+general or experts, not "specifc"; ' +
                'did you mean specific?',
        ],
        ['gpu: cudaa', 'not "cudaa"; did you mean cuda?'],
        ['threads: abc', 'threads: takes a whole number from 1 to 512, not "abc")'],
        ['threads: 0', 'threads: takes a whole number from 1 to 512, not 0)'],
        ['batchSize: 1.5', 'batchSize: takes a whole number from 2 to 16777216, not 1.5)'],
        ['windowSize: "512"', 'not "512"; give 512)'],
        ['topRate: 5%', 'topRate: takes a number between 0 and 1, not "5%"; give 0.05)'],
        ['bar: 1', 'bar: takes a number between 0 and 1, not 1)'],
        ['controls: .inf', 'controls: takes a whole number from 1 to 1000, not Infinity)'],
        ['seed: 1e999', 'seed: takes a whole number of at least 0, not Infinity)'],
        ['lambda: abc', 'lambda: takes auto or a number, not "abc")'],
        ['lambda: .nan', 'lambda: takes auto or a number, not NaN)'],
        ['folds: null', 'folds: takes a whole number from 2 to 1000, not null)'],
        [
            'loras: [{path: l.gguf, scale: half}]',
            'loras.0.scale: takes a number that a device can hold, below 3.4e38, not "half")',
        ],
        ['accuracy: {questions: mgsm, limit: many}', 'accuracy.limit: takes a whole number of at least 1, not "many")'],
        ['accuracy: {questions: mgsm, sets: [relatd]}', 'accuracy.sets.0: takes specific, specific+related,'],
        ['accuracy: {limit: 5}', 'accuracy.questions: is missing'],
        ['metric: accuracy', 'metric: takes ppl, bits-per-byte, kl, not "accuracy")'],
        ['evaluation: []', 'evaluation: takes at least 1, not [])'],
        ['evaluation: 5', 'evaluation: takes a name or a list of names, not 5)'],
        ['title: {a: 1}', 'title: takes a text, not {"a":1})'],
        ['notes: one', 'notes: takes a list, not "one")'],
        ['threads: 1\nthreads: 2', 'Map keys must be unique'],
    ])('with %s is refused: %s', async (settings, words) => {
        const error: unknown = await readRunConfig(written(`model: x\ndata: y\nout: z\n${settings}`)).catch(
            (cause: unknown) => cause,
        );
        expect(error).toMatchObject({ code: 'DAMAGED', message: expect.stringContaining(words) });
        expect((error as Error).message).toMatch(/^[^\n]*run\.yaml[^\n]*$/);
    });

    it('that is no UTF-8 is refused, and no file is not found', async () => {
        writeFileSync(join(folder, 'latin1.yaml'), Buffer.from('title: Gr\xfcn', 'latin1'));
        await expect(readRunConfig(join(folder, 'latin1.yaml'))).rejects.toMatchObject({ code: 'ENCODING' });
        await expect(readRunConfig(join(folder, 'none.yaml'))).rejects.toMatchObject({ code: 'NOT_FOUND' });
        await expect(readRunConfig(folder)).rejects.toMatchObject({ code: 'NOT_FOUND' });
    });
});
