import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import * as files from '../../src/files.js';
import * as library from '../../src/index.js';
import { textMetrics } from '../../src/experiments/registry/metrics.js';
import { wholeModel } from '../../src/interventions/ModelState.js';
import { perplexityTable } from '../../src/settings/settings.js';
import { embeddedModel } from '../helpers/models.js';
import { withOptions } from '../helpers/publicFunctions.js';
import { temporaryFolder } from '../helpers/temporaryFolder.js';

const folder = temporaryFolder();
let engine: library.Engine;
let batching: library.ContinuousBatching;
let chat: library.Chat;

beforeAll(async () => {
    engine = await library.Engine.open({ model: embeddedModel, gpu: 'off' });
    chat = await library.Chat.begin(engine);
    await chat.ask('Hallo', { states: [wholeModel] });
});
afterAll(() => {
    chat.close();
    engine.close();
});

/** Calls of a script that the compiler does not check, each with options that hold an unknown one. */
const calls: Readonly<Record<string, (options: never) => unknown>> = {
    'Chat.again': (options) => chat.again(options),
    'Chat.ask': (options) => chat.ask('Hallo', options),
    'Chat.begin': (options) => library.Chat.begin(engine, options),
    'Engine.batching': (options) => engine.batching(options),
    'Engine.count': (options) => engine.count([], options),
    'Engine.generate': (options) => engine.generate([], options).next(),
    'Engine.inputSquares': (options) => engine.inputSquares([], options),
    'Engine.logits': (options) => engine.logits('a', options),
    'Engine.open': (options) => library.Engine.open(options),
    'Engine.residuals': (options) => engine.residuals('a', options),
    'Engine.score': (options) => engine.score([], options),
    'Engine.tokenize': (options) => engine.tokenize('a', options),
    'Engine.watch': (options) => engine.watch([], options).next(),
    accuracyMetric: (options) => library.accuracyMetric(options),
    bitsPerByteMetric: (options) => library.bitsPerByteMetric({} as library.Corpus, options),
    check: (options) => library.check(folder, options),
    chooseNeurons: (options) => library.chooseNeurons({} as ReturnType<typeof library.neuronTable>, options),
    collect: (options) => library.collect(options),
    collectExamples: (options) => library.collectExamples(options),
    compileInterventions: (options) => library.compileInterventions([], options),
    deactivate: (options) => library.deactivate(options),
    effects: (options) => library.effects(folder, options),
    evaluate: (options) => files.evaluate(options),
    explore: (options) => library.explore(folder, options),
    exportDashboards: (options) => files.exportDashboards(folder, folder, options),
    exportModel: (options) => library.exportModel(options),
    exportSite: (options) => files.exportSite(folder, folder, options),
    identify: (options) => library.identify({} as library.Activations, options),
    importCounts: (options) => files.importCounts(folder, options),
    intervene: (options) => library.intervene(options),
    klMetric: (options) => library.klMetric({} as library.Corpus, options),
    languageMetric: (options) => library.languageMetric(options),
    logitLens: (options) => library.logitLens(options),
    merge: (options) => files.merge([], options),
    // an operation is one of the options of readMatrix
    readMatrix: (options) => files.readMatrix(folder, 'ppl', options),
    modelFingerprint: (options) => files.modelFingerprint(embeddedModel, [], options),
    modelState: (options) => library.modelState(wholeModel, options),
    openCorpus: (options) => library.openCorpus('udhr', options),
    openQuestions: (options) => library.openQuestions('mgsm', options),
    parseOperations: (options) => library.parseOperations('zero', options),
    perplexityMetric: (options) => library.perplexityMetric({} as library.Corpus, options),
    quants: (options) => files.quants(options),
    readActivations: (options) => files.readActivations(folder, options),
    reportOn: (options) => files.reportOn(folder, options),
    respond: (options) => library.respond(options),
    run: (options) => library.run({ model: embeddedModel, data: ['udhr'], out: folder }, options),
    serve: (options) => library.serve(options),
    tune: (options) => files.tune(options),
    withNeurons: (options) => library.withNeurons(() => Promise.reject(new Error('made')), options),
    writeCurves: (options) => files.writeCurves(folder, {} as files.DoseCurves, options),
    writeMatrix: (options) => files.writeMatrix(folder, {} as files.DeactivationMatrix, options),
    writeNeuronTable: (options) =>
        files.writeNeuronTable(
            `${folder}/n.csv`,
            {} as ReturnType<typeof library.neuronTable>,
            new Uint32Array(0),
            options,
        ),
    writeQuantsPage: (options) => files.writeQuantsPage(folder, {} as files.Quants, options),
    writeReport: (options) => files.writeReport(folder, {} as files.ReportInput, options),
    writeWatched: (options) => files.writeWatched(`${folder}/w.parquet`, options),
};

/** The same of requests that join others. */
const batchingCalls: Readonly<Record<string, (options: never) => unknown>> = {
    'ContinuousBatching.ask': (options) => batching.ask(options),
    'ContinuousBatching.check': (options) => batching.check(options),
    'ContinuousBatching.close': (options) => batching.close(options),
};

const refusal = (option: string, mend: string): unknown =>
    expect.objectContaining({
        code: 'WRONG_USE',
        message: expect.stringContaining(`there is no option \`${option}\`${mend}`),
    });
const failureOf = async (call: () => unknown): Promise<unknown> => {
    try {
        return await call();
    } catch (cause) {
        return cause;
    }
};

it('every function of the library that takes options is listed here', () => {
    const names = [...Object.keys(calls), ...Object.keys(batchingCalls)].sort();
    expect(withOptions(['src/index.ts', 'src/files.ts'])).toEqual(names);
});

describe('an unknown option is refused by', () => {
    it.each(Object.entries(calls))('%s', async (_, call) => {
        expect(await failureOf(() => call({ elephant: 1 } as never))).toEqual(refusal('elephant', '; leave it out'));
    });

    it.each(Object.entries(batchingCalls))('%s', async (_, call) => {
        batching = await engine.batching({ parallel: 1, requestSize: 16 });
        expect(await failureOf(() => call({ elephant: 1 } as never))).toEqual(refusal('elephant', '; leave it out'));
        await batching.close();
    });
});

describe('an unknown field is refused, and the nearest is named, of', () => {
    const neurons = [[0, 0]] as const;
    const zero = { op: 'zero', neurons };
    it.each<[what: string, mend: [field: string, near: string], call: () => unknown]>([
        ['a prompt', ['stop', 'stops'], () => engine.generate([{ id: 0, text: 'a', stop: ['.'] } as never]).next()],
        [
            'an adapter',
            ['scal', 'scale'],
            () => library.Engine.open({ model: embeddedModel, loras: [{ path: 'a.gguf', scal: 2 } as never] }),
        ],
        [
            'an intervention',
            ['strenght', 'strength'],
            () => library.compileInterventions([{ ...zero, strenght: 0.5 } as never], engine),
        ],
        [
            'a range of tokens',
            ['frm', 'from'],
            () => library.compileInterventions([{ ...zero, where: { frm: 2 } } as never], engine),
        ],
        [
            'a choice of neurons',
            ['sett', 'set'],
            () =>
                library.compileInterventions([{ op: 'zero', neurons: { language: 'de', sett: '' } } as never], engine),
        ],
        [
            'an operation',
            ['strenght', 'strength'],
            () => files.readMatrix(folder, 'ppl', { op: 'zero', strenght: 0.5 } as never),
        ],
    ])('%s', async (_, [field, near], call) => {
        expect(await failureOf(call)).toEqual(refusal(field, `; did you mean \`${near}\`?`));
    });

    it("a run's configuration", async () => {
        const config = { model: embeddedModel, data: ['udhr'], out: folder, accuracy: { questions: 'mgsm', limt: 2 } };
        await expect(library.run(config)).rejects.toThrow('accuracy: unknown key limt; did you mean limit?');
    });
});

describe('the setting of a metric', () => {
    const of = Object.entries(perplexityTable).map(
        ([name, row]) => [name, row.of.metric as readonly string[]] as const,
    );
    const pairs = of.flatMap(([name, names]) =>
        textMetrics.map((metric) => ({ name, metric, taken: names.includes(metric.name) })),
    );
    it.each(pairs)('$name is taken by $metric.name where its row says so', ({ name, metric, taken }) => {
        const given = { [name]: perplexityTable[name as keyof typeof perplexityTable].default };
        const call = (): unknown => metric.on({ languages: ['en'], name: '' } as unknown as library.Corpus, given);
        if (taken) expect(call()).toMatchObject({ settings: given });
        else expect(call).toThrow(`there is no option \`${name}\``);
    });
});
