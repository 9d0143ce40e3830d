import { basename, join } from 'node:path';
import { modelFiles } from '../engine/files/modelFiles.js';
import { quantizeFile } from '../engine/quantize.js';
import { LanguageNeuronsError } from '../errors.js';
import { ensureSubfolder } from '../files/fileAccess.js';
import { placed } from '../files/placed.js';
import { readGguf } from '../gguf/GgufFile.js';
import type { Work } from '../support/progress.js';
import type { ImatrixOnDisk } from './imatrix.js';
import { keyOfRecipe, type QuantType, recipeField } from './recipe.js';

interface MakeOptions extends Work {
    /** Path of the model that the files are made from, its fingerprint, and the release of llama.cpp. */
    readonly reference: { readonly path: string; readonly fingerprint: string; readonly release: string };
    readonly types: readonly QuantType[];
    /** Default: none. */
    readonly imatrix?: ImatrixOnDisk | undefined;
    /** Gets the subfolder `models`. */
    readonly folder: string;
    readonly threads?: number | undefined;
}

/** Units of the progress of a file. */
const units = 1000;

/**
 * Makes a file of each type from a model by llama.cpp's own quantizer. A finished file of the same recipe is kept.
 * @returns their paths
 * @throws LanguageNeuronsError UNWRITABLE, also for a file of another origin; DAMAGED, ABORTED
 */
export async function makeFiles(options: MakeOptions): Promise<readonly string[]> {
    const { types, progress, imatrix } = options;
    if (types.length === 0) return [];
    const [input] = await modelFiles(options.reference.path);
    const folder = await ensureSubfolder(options.folder, 'models');
    progress.whole?.(types.length * units);
    const paths: string[] = [];
    for (const type of types) {
        progress.stage(`make ${type}`, units);
        const path = join(folder, nameOf(input!, type, imatrix));
        await makeFile(options, input!, type, path);
        paths.push(path);
    }
    progress.done();
    return paths;
}

function nameOf(input: string, type: QuantType, imatrix: ImatrixOnDisk | undefined): string {
    const stem = basename(input).replace(/(-00001-of-\d{5})?\.gguf$/, '');
    return [stem, type, ...(imatrix === undefined ? [] : [`imatrix-${imatrix.languages.join('+')}`])]
        .join('.')
        .concat('.gguf');
}

async function makeFile(options: MakeOptions, input: string, type: QuantType, path: string): Promise<void> {
    const { reference, imatrix, threads, signal, progress } = options;
    const { fingerprint, release } = reference;
    const recipe = keyOfRecipe({ reference: fingerprint, type, imatrix: imatrix?.key, release });
    if ((await recipeOf(path)) === recipe) {
        progress.note(`${path}: already made`);
        progress.advance(units);
        return;
    }
    let done = 0;
    const onShare = (share: number): void => {
        const now = Math.floor(share * units);
        if (now > done) progress.advance(now - done);
        done = Math.max(done, now);
    };
    const matrix = imatrix === undefined ? {} : { imatrix: { path: imatrix.path, name: imatrix.name } };
    const quantizing = { input, type, recipe: [recipeField, recipe] as const, ...matrix, threads, signal, onShare };
    const warnings = await placed(path, async (output) => {
        const said = await quantizeFile({ ...quantizing, output });
        await readGguf(output); // refuses a file that was cut, as by a full disk
        return said;
    });
    progress.advance(units - done);
    // One line for each tensor comes before the one that says how many they are.
    const fallback = warnings.find((warning) => warning.includes('fallback quantization'));
    if (fallback !== undefined) progress.note(`${basename(path)}: ${fallback.replace(/^.*WARNING: /, '')}`);
}

/**
 * The recipe of a whole file; undefined where there is none, or a part.
 * @throws LanguageNeuronsError UNWRITABLE for a file that was not made here
 */
async function recipeOf(path: string): Promise<string | undefined> {
    const file = await readGguf(path).catch(() => undefined);
    if (file === undefined) return undefined;
    const recipe = file.metadata[recipeField];
    if (typeof recipe === 'string') return recipe;
    const what = 'is there already, and was not made by `quants`';
    throw new LanguageNeuronsError('UNWRITABLE', `${path}: ${what}; move it, or give another \`out\``);
}
