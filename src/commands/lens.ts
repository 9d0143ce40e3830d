import { openCorpus } from '../data/openCorpus.js';
import { type LensFile, lensKinds, lensPath } from '../lens/lensFile.js';
import { logitLens } from '../lens/logitLens.js';
import { meanShares } from '../lens/meanShares.js';
import { neuronsPath, readNeurons } from '../neurons/analysis/neuronsFile.js';
import { sum } from '../support/averages.js';
import { formatQuantity } from '../support/format.js';
import { alignedTable } from './words/alignedTable.js';
import type { CommandOf } from './arguments/CommandDeclaration.js';
import type { lensDeclaration } from './arguments/declarations.js';
import { openEngine, toEngineOptions } from './process/openModel.js';

/** `lens`: in which language each layer's likeliest tokens are, into DIR/lens.json. */
export const lensCommand: CommandOf<typeof lensDeclaration> = async (args, { signal, progress }) => {
    const { dir, tokens, force, threads } = args;
    const analysis = await readNeurons(neuronsPath(dir));
    const called = analysis.languages;
    const corpus = await openCorpus(args.data, { languages: args.languages ?? called, called, signal, progress });
    using engine = await openEngine({ ...toEngineOptions(args), countOnly: true }, { signal, progress });
    const options = { engine, analysis, corpus, folder: dir, tokens, force, threads, signal, progress };
    const lens = await logitLens(options);
    return { json: lens, text: `${describe(lens)}\n${wordsOn(lens)} in ${lensPath(dir)}` };
};

/** Of all languages but English, each alike. */
function describe(lens: LensFile): string {
    const columns = ['layer', 'English', 'own', 'another', 'not to be told'].map((heading) => ({
        heading,
        right: true,
    }));
    const rows = meanShares(lens).map((shares, layer) => [
        String(layer),
        ...lensKinds.map((kind) => `${Math.round(100 * shares[kind])} %`),
    ]);
    return alignedTable(columns, rows, process.stdout.columns ?? 80);
}

function wordsOn({ languages }: LensFile): string {
    const tokens = sum(languages, (one) => one.tokens);
    const [read, texts] = [formatQuantity(tokens, 'token'), formatQuantity(languages.length, 'language')];
    return `likeliest tokens behind ${read} of ${texts}`;
}
