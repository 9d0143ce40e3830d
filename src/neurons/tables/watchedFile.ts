import { extname } from 'node:path';
import { surveyCorpus } from '../../activations/surveyCorpus.js';
import type { Corpus, Sample } from '../../corpus/Corpus.js';
import type { Engine } from '../../engine/Engine.js';
import type { Site } from '../../engine/types/Site.js';
import { steppingDown } from '../../engine/steppingDown.js';
import type { TokenTexts } from '../../engine/passes/TokenTexts.js';
import { checkWatched } from '../../engine/passes/watch.js';
import type { WatchedText } from '../../engine/types/watchTypes.js';
import { wrongUse } from '../../errors.js';
import { checkFilePlaces } from '../../files/fileAccess.js';
import { type ParquetColumn, type ParquetValues, writeParquet } from '../../files/parquet.js';
import { asPrompts } from '../../questions/templates/chatSamples.js';
import { checkSettings } from '../../settings/checkSetting.js';
import { limitTable } from '../../settings/settings.js';
import { sum } from '../../support/averages.js';
import { silent, type WorkOptions } from '../../support/progress.js';
import { storedToken } from '../../support/storedToken.js';
import { tokenText } from '../../support/tokenText.js';
import type { NeuronIndex } from '../analysis/NeuronAnalysis.js';
import { neuronName } from './neuronNames.js';

/** Activations of one group of rows, at most: 32 MiB. */
const groupValues = 8 * 1024 ** 2;
const mostRows = 65_536;

export interface WatchedFileOptions extends WorkOptions {
    readonly engine: Engine;
    readonly corpus: Corpus;
    /** At least one, each once; each gets a column, in this order. */
    readonly neurons: readonly NeuronIndex[];
    /** Only the first so many texts of each language. Default: all. */
    readonly limit?: number | undefined;
}

/** Summary of a written file. */
export interface WatchedFile {
    /** Rows of each language. */
    readonly tokens: Readonly<Record<string, number>>;
    readonly seconds: number;
}

/**
 * Writes the activations of chosen neurons, act(gate), as Parquet: a row for every token that `collect` counts, with
 * its `language`, the number of its `text` in that language, its `position` in the text, and the `token`
 * (`storedToken`); and a column for each neuron, which `neuronName` names. A column of an expert is null where the
 * token did not go through it. The memory that it takes does not grow with the texts.
 * @param path ends in `.parquet`; it is there when all is written
 * @throws LanguageNeuronsError WRONG_USE, EMPTY, UNWRITABLE, ABORTED and the engine's
 */
export async function writeWatched(path: string, options: WatchedFileOptions): Promise<WatchedFile> {
    const { engine, corpus, neurons, limit, signal, progress = silent } = options;
    checkSettings(options, limitTable, { engine: true, corpus: true, neurons: true, signal: true, progress: true });
    checkWatched(neurons, engine.sites);
    if (extname(path).toLowerCase() !== '.parquet') throw wrongUse(`${path}: give a name that ends in .parquet`);
    await checkFilePlaces(path);
    const begin = performance.now();
    const texts: Corpus = { ...corpus, samples: (language) => first(corpus.samples(language), limit) };
    const survey = await surveyCorpus(texts, signal);
    const characters = [...survey.languages.values()].map((one) => one.characters);
    const tokenTexts = await engine.tokenTexts();
    const columns = columnsOf(engine.sites, neurons);
    let tokens: Record<string, number> = {};
    await steppingDown(engine, progress, async () => {
        tokens = {};
        progress.whole?.(sum(characters));
        const watched = async function* (): AsyncGenerator<WatchedText> {
            for (const [k, language] of texts.languages.entries()) {
                tokens[language] = 0;
                progress.stage(`watch ${language}`, characters[k]!);
                const onBatch = (_: number, read: number): void => progress.advance(read);
                const samples = asPrompts(engine, texts.samples(language));
                for await (const part of engine.watch(samples, { neurons, parts: true, signal, onBatch })) {
                    tokens[language] += part.tokens.length;
                    yield part;
                }
            }
        };
        await writeParquet(path, columns, groupsOf(watched(), engine.sites, neurons, tokenTexts));
        progress.done();
    });
    return { tokens, seconds: (performance.now() - begin) / 1000 };
}

/** @throws LanguageNeuronsError WRONG_USE for a neuron that is named twice */
function columnsOf(sites: readonly Site[], neurons: readonly NeuronIndex[]): ParquetColumn[] {
    const names = neurons.map((neuron) => neuronName(sites, neuron));
    const known = new Set<string>();
    const twice = names.find((name) => known.size === known.add(name).size);
    if (twice !== undefined) throw wrongUse(`neuron ${twice} is named twice; name it once`);
    return [
        { name: 'language', type: 'STRING' },
        { name: 'text', type: 'INT32' },
        { name: 'position', type: 'INT32' },
        { name: 'token', type: 'STRING' },
        ...names.map((name): ParquetColumn => ({ name, type: 'FLOAT' })),
    ];
}

/** Gathers texts, or parts of them, into groups of rows. */
async function* groupsOf(
    texts: AsyncIterable<WatchedText>,
    sites: readonly Site[],
    neurons: readonly NeuronIndex[],
    tokenTexts: TokenTexts,
): AsyncGenerator<ParquetValues[]> {
    const n = neurons.length;
    const most = Math.min(mostRows, Math.max(1, Math.floor(groupValues / n)));
    const values = new Float32Array(n * most); // [neurons, rows]
    const routed = neurons.map(([site]) => sites[site]!.kind === 'routed');
    const places = { language: [] as string[], text: [] as number[], position: [] as number[], token: [] as string[] };
    const group = (): ParquetValues[] => {
        const rows = places.text.length;
        const columns = routed.map((isRouted, j) => {
            const column = values.subarray(j * most, j * most + rows);
            return isRouted ? Array.from(column, (value) => (Number.isNaN(value) ? null : value)) : column;
        });
        const { language, text, position, token } = places;
        return [[...language], Int32Array.from(text), Int32Array.from(position), [...token], ...columns];
    };
    for await (const { language, tokens, values: own, place, position } of texts) {
        for (const [t, token] of tokens.entries()) {
            const row = places.text.length;
            places.language.push(language);
            places.text.push(place);
            places.position.push(position + t);
            places.token.push(storedToken(tokenText(tokenTexts.bytesOf(token, true))));
            for (let j = 0; j < n; j++) values[j * most + row] = own[t * n + j]!;
            if (row + 1 < most) continue;
            yield group();
            for (const column of Object.values(places)) column.length = 0;
        }
    }
    if (places.text.length > 0) yield group();
}

async function* first(samples: AsyncIterable<Sample>, limit = Infinity): AsyncGenerator<Sample> {
    let left = limit;
    for await (const sample of samples) {
        yield sample;
        if (--left <= 0) return;
    }
}
