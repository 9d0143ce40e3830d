import { stat } from 'node:fs/promises';
import { dirname, join, posix } from 'node:path';
import { type ExamplesHead, examplesName, readExamplesHead } from '../../examples/examplesFile.js';
import { areOfAnalysis } from '../../examples/withExamples.js';
import { language } from '../../experiments/answerMetrics/language.js';
import { readJournals } from '../../experiments/metric/journals.js';
import { kl } from '../../experiments/textMetrics/divergence.js';
import { knownMetrics } from '../../experiments/registry/metrics.js';
import { resultsIn, resultOf } from '../../experiments/resultFiles/resultPaths.js';
import { namesIfAny } from '../../files/fileAccess.js';
import type { LensFile } from '../../lens/lensFile.js';
import type { NeuronAnalysis } from '../../neurons/analysis/NeuronAnalysis.js';
import { formatList, formatQuantity } from '../../support/format.js';
import { isTuneFile } from '../../tune/tuneFile.js';

/**
 * What a run folder holds of work that is not finished, a sentence each with the languages that are missing.
 * @throws LanguageNeuronsError as `readExamplesHead` and `readJournals`
 */
export async function unfinishedWork(
    folder: string,
    analysis: NeuronAnalysis,
    lens: LensFile | undefined,
): Promise<string[]> {
    const { languages } = analysis;
    return [
        ...unfinishedLens(languages, lens),
        ...(await unfinishedExamples(folder, analysis)),
        ...(await unfinishedMeasurements(folder, languages)),
    ];
}

function unfinishedLens(languages: readonly string[], lens: LensFile | undefined): string[] {
    if (lens === undefined) return [];
    const missing = without(
        languages,
        lens.languages.map(({ language }) => language),
    );
    return missing.length === 0 ? [] : [`lens.json lacks ${formatList(missing)}; run lens again for all languages.`];
}

/**
 * Parts of the work that wrote last, be it a whole file or one of its shards: other work was given up, or its result
 * replaced, and its parts are left. Those of another model are, too.
 */
async function unfinishedExamples(folder: string, analysis: NeuronAnalysis): Promise<string[]> {
    const files = (await Promise.all(['', 'parts'].map((place) => examplesIn(folder, place)))).flat();
    const own = files.filter(({ head }) => areOfAnalysis(head, analysis));
    const last = own.reduce(
        (a: ExamplesFile | undefined, b) => (a === undefined || b.time > a.time ? b : a),
        undefined,
    );
    return own
        .filter(
            ({ name, head }) => dirname(name) === 'parts' && last!.name !== examplesName && head.key === last!.head.key,
        )
        .map(({ name, head }) => {
            const missing = without(head.languages, Object.keys(head.done));
            const what = missing.length === 0 ? 'the last texts' : `all texts of ${formatList(missing)}`;
            return `Examples are not finished: ${name} lacks ${what}; run examples again.`;
        });
}

interface ExamplesFile {
    /** From the run folder. */
    readonly name: string;
    readonly head: ExamplesHead;
    /** When it was written, in milliseconds. */
    readonly time: number;
}

/** Files of examples in a place of a run folder, whole or of a shard or a part, by name. */
async function examplesIn(folder: string, place: string): Promise<ExamplesFile[]> {
    const names = (await namesIfAny(join(folder, place))).filter((name) => /^examples\..*safetensors$/.test(name));
    const files = names.sort().map(async (name): Promise<ExamplesFile[]> => {
        const path = join(folder, place, name);
        const written = await stat(path).catch(() => undefined);
        const head = await readExamplesHead(path);
        return written === undefined || head === undefined
            ? []
            : [{ name: posix.join(place, name), head, time: written.mtimeMs }];
    });
    return (await Promise.all(files)).flat();
}

/** Journals with finished pieces, but no result. A search for an intervention keeps its pieces there too. */
async function unfinishedMeasurements(folder: string, languages: readonly string[]): Promise<string[]> {
    const searched = (await namesIfAny(folder)).some(isTuneFile)
        ? [kl, language].map(({ journal }) => journal.name)
        : [];
    const results = [...(await resultsIn(folder, 'matrix')), ...(await resultsIn(folder, 'dose'))];
    const measured = results.map((name) => resultOf(`${name}.json`)!.metric);
    const journals = new Map(knownMetrics().map(({ journal }) => [journal.name, journal]));
    const sentences: string[] = [];
    for (const [name, journal] of journals) {
        if (searched.includes(name)) continue;
        const own = knownMetrics().filter((metric) => metric.journal.name === name);
        if (own.some((metric) => measured.includes(metric.name))) continue;
        const found: unknown[] = [];
        await readJournals(journal, { folder, signal: undefined, take: (entry) => found.push(entry) });
        if (found.length === 0) continue;
        const missing = without(languages, found.map(languageOf));
        const lacks = missing.length === 0 ? '' : `, none in ${formatList(missing)}`;
        const nouns = formatList(
            own.map(({ noun }) => noun),
            { last: 'or' },
        );
        const pieces = formatQuantity(found.length, 'finished piece');
        sentences.push(
            `The measurement of ${nouns} is not finished: ${name} holds ${pieces}${lacks}; ` +
                'run the same command again.',
        );
    }
    return sentences;
}

function languageOf(entry: unknown): unknown {
    return (entry as { readonly language?: unknown }).language;
}

function without(wanted: readonly string[], had: readonly unknown[]): string[] {
    return wanted.filter((language) => !had.includes(language));
}
