import { join } from 'node:path';
import { readExamplesHead } from '../../examples/examplesFile.js';
import { language } from '../../experiments/answerMetrics/language.js';
import { readJournals } from '../../experiments/metric/journals.js';
import { kl } from '../../experiments/textMetrics/divergence.js';
import { knownMetrics } from '../../experiments/registry/metrics.js';
import { resultsIn, resultOf } from '../../experiments/resultFiles/resultPaths.js';
import { namesIfAny } from '../../files/fileAccess.js';
import type { LensFile } from '../../lens/lensFile.js';
import { formatList, formatQuantity } from '../../support/format.js';
import { isTuneFile } from '../../tune/tuneFile.js';

/**
 * What a run folder holds of work that is not finished, a sentence each with the languages that are missing.
 * @param languages of the analysis
 * @throws LanguageNeuronsError as `readExamplesHead` and `readJournals`
 */
export async function unfinishedWork(
    folder: string,
    languages: readonly string[],
    lens: LensFile | undefined,
): Promise<string[]> {
    return [
        ...unfinishedLens(languages, lens),
        ...(await unfinishedExamples(folder)),
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

/** Of shards, too: none is whole before `merge`. */
async function unfinishedExamples(folder: string): Promise<string[]> {
    const parts = await namesIfAny(join(folder, 'parts'));
    const found = parts.filter((name) => /^examples\..+\.safetensors$/.test(name)).sort();
    const sentences = found.map(async (name) => {
        const head = await readExamplesHead(join(folder, 'parts', name));
        if (head === undefined) return [];
        const missing = without(head.languages, Object.keys(head.done));
        const what = missing.length === 0 ? 'the last texts' : `all texts of ${formatList(missing)}`;
        return [`Examples are not finished: parts/${name} lacks ${what}; run examples again.`];
    });
    return (await Promise.all(sentences)).flat();
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
            'or',
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
