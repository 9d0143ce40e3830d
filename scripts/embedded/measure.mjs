// What the trained models show, by the tool itself, on more questions than the demo has time for:
//   node measure.mjs FOLDER OUT.json [LABEL=OTHER-BASE.gguf …]
// FOLDER holds base.gguf, aligned-lora.gguf, texts and problems; other bases are measured for accuracy alone.
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
    accuracyMetric,
    collect,
    compare,
    deactivate,
    Engine,
    identify,
    openCorpus,
    openQuestions,
    openTemplate,
    perplexityMetric,
    terminalProgress,
} from '../../dist/index.js';
import { measuredAlike, metricChange } from '../../dist/experiments/comparisons/compareMetrics.js';
import { setFacts } from '../../dist/report/facts/matrixFacts.js';
import { embeddedRun } from '../../dist/run/embeddedRun.js';

const [, , folder, out, ...others] = process.argv;
const {
    topRate,
    bar,
    aligned,
    languages,
    accuracy: { maxTokens },
} = embeddedRun();
const questionCount = 100; // of the whole model
const askedDeactivated = 50; // in every condition
const progress = terminalProgress();
const work = await mkdtemp(join(tmpdir(), 'language-neurons-measure-'));
// One thread: batches this small lose more to waiting threads than they win.
const base = { model: join(folder, 'base.gguf'), gpu: 'off', threads: 1 };
const after = { ...base, loras: [{ path: join(folder, 'aligned-lora.gguf'), scale: 1 }] };
const questions = await openQuestions(join(folder, 'problems/test'), { languages });
const texts = await openCorpus([join(folder, 'texts/collect'), join(folder, 'problems/collect.jsonl'), 'udhr:25-27'], {
    languages,
});
const evaluation = await openCorpus([join(folder, 'texts/evaluate'), 'udhr:28-30'], { languages });

const round = (value) =>
    typeof value === 'number' ? Number(value.toPrecision(4)) : Array.isArray(value) ? value.map(round) : value;

async function withEngine(options, use) {
    const engine = await Engine.open(options);
    try {
        return await use(engine);
    } finally {
        engine.close();
    }
}

const none = Object.fromEntries(languages.map((language) => [language, []]));

/** Matrix without neurons to remove: the whole model on all questions. */
function wholeAccuracy(options, name) {
    return withEngine({ ...options, contextSize: 4096 }, async (engine) => {
        const metric = accuracyMetric({
            questions,
            template: await openTemplate('chat', engine),
            limit: questionCount,
            maxTokens,
        });
        const analysis = {
            languages,
            widths: engine.sites.map(({ width }) => width),
            neurons: { specific: none, related: none, general: [] },
        };
        return deactivate({
            engine,
            analysis,
            metric,
            sets: ['specific'],
            controls: 1,
            folder: join(work, name),
            progress,
        });
    });
}

function examine(options, name) {
    return withEngine(options, async (engine) => {
        const { activations } = await collect({ engine, corpus: texts, folder: join(work, name), progress });
        return identify(activations, { topRate, bar });
    });
}

function facts(matrix) {
    return Object.fromEntries(
        Object.entries(matrix.sets).map(([name, set]) => {
            const { hits, compared, own, others: rest, controlOwn, controlHits } = setFacts(name, set, matrix.metric);
            const sure = set.rows.filter((_, r) => {
                const interval = set.intervals.beyondControl[r][r];
                return interval !== null && (matrix.metric === 'ppl' ? interval[0] > 0 : interval[1] < 0);
            }).length;
            const rises = Object.fromEntries(
                set.rows.map((language, r) => [
                    language,
                    round(matrix.metric === 'ppl' ? set.change[r][r] / set.baseline[r] : set.change[r][r]),
                ]),
            );
            return [
                name,
                {
                    'own hurt most': `${hits} of ${compared}`,
                    'random: own hurt most': controlHits,
                    'sure beyond control': sure,
                    own: round(own),
                    others: round(rest),
                    'random own': round(controlOwn),
                    'own / random': round(own / controlOwn),
                    'by language': rises,
                },
            ];
        }),
    );
}

try {
    const byLanguage = ({ sets }) =>
        Object.fromEntries(languages.map((language, c) => [language, round(sets.specific.baseline[c])]));
    const mean = ({ sets }) => round(sets.specific.baseline.reduce((sum, value) => sum + value, 0) / languages.length);
    const [before, later] = [await wholeAccuracy(base, 'base-whole'), await wholeAccuracy(after, 'aligned-whole')];
    if (!measuredAlike(before, later)) throw new Error('not the same questions');
    const { trained } = aligned;
    const change = metricChange(before, later, {
        all: languages,
        trained,
        'not trained': languages.filter((language) => !trained.includes(language)),
        'neither trained nor English': languages.filter((language) => language !== 'en' && !trained.includes(language)),
    });
    const quantizations = {};
    for (const other of others) {
        const [label, model] = other.split('=');
        const matrix = await wholeAccuracy({ ...base, model }, label);
        quantizations[label] = { mean: mean(matrix), ...byLanguage(matrix) };
    }
    const analysis = await examine(base, 'base');
    const ppl = await withEngine(base, (engine) =>
        deactivate({
            engine,
            analysis,
            metric: perplexityMetric(evaluation),
            folder: join(work, 'base'),
            controls: 1,
            progress,
        }),
    );
    const experiment = { analysis, sets: ['specific+related'], controls: 1 };
    const accuracy = await withEngine({ ...base, contextSize: 4096 }, async (engine) => {
        const metric = accuracyMetric({
            questions,
            template: await openTemplate('chat', engine),
            limit: askedDeactivated,
            maxTokens,
        });
        return deactivate({ ...experiment, engine, metric, folder: join(work, 'base'), progress });
    });
    const comparison = compare(
        [
            { label: 'base', analysis },
            { label: 'aligned', analysis: await examine(after, 'aligned') },
        ],
        trained,
    );
    const { layers, overlap, groups } = comparison.changes[0];
    const sum = (kind) => layers.reduce((all, layer) => all + layer[kind], 0);
    const figures = {
        accuracy: {
            questions: questionCount,
            base: { mean: mean(before), ...byLanguage(before) },
            aligned: { mean: mean(later), ...byLanguage(later) },
            ...quantizations,
            change: Object.fromEntries(
                Object.entries(change.groups).map(([name, one]) => [
                    name,
                    { change: round(one.change), interval: round(one.interval) },
                ]),
            ),
        },
        neurons: {
            topRate,
            bar,
            lambda: analysis.lambda,
            threshold: round(analysis.threshold),
            selected: analysis.selected,
            general: analysis.general,
            perLanguage: Object.fromEntries(
                Object.entries(analysis.perLanguage).map(([language, { specific, related }]) => [
                    language,
                    [specific, related],
                ]),
            ),
            layers: analysis.layers,
            stages: analysis.stages.seen ? analysis.stages.stages : analysis.stages.reason,
        },
        'perplexity without neurons': facts(ppl),
        'accuracy without neurons': { questions: askedDeactivated, ...facts(accuracy) },
        alignment: {
            specific: sum('specific'),
            related: sum('related'),
            general: sum('general'),
            overlap: round(Object.values(overlap)),
            trained: groups.trained.change,
            others: groups.others.change,
        },
    };
    const known = JSON.parse(await readFile(out, 'utf8').catch(() => '{}'));
    await writeFile(out, `${JSON.stringify({ ...known, figures }, null, 1)}\n`);
    console.log(JSON.stringify(figures, null, 1));
} finally {
    await rm(work, { recursive: true, force: true });
}
