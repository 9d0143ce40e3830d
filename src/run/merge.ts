import { stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { Activations } from '../activations/Activations.js';
import { activationsName, activationsPath, writeActivations } from '../activations/activationsFile.js';
import { checkReplaces } from '../activations/checkReplaces.js';
import { mergeShards } from '../activations/mergeShards.js';
import { nameOfWhole } from '../activations/Shard.js';
import { LanguageNeuronsError, wrongUse } from '../errors.js';
import {
    checkReplaced,
    type ExamplesHead,
    examplesName,
    examplesPath,
    readExamplesHead,
} from '../examples/examplesFile.js';
import { headOfShards, mergeExamples } from '../examples/mergeExamples.js';
import type { DeactivationMatrix } from '../experiments/results/DeactivationMatrix.js';
import type { DoseCurves } from '../experiments/results/DoseCurves.js';
import { mergeMatrix } from '../experiments/mergeMatrix.js';
import { compareResults, dosePath, matrixPath, resultName, resultOf } from '../experiments/resultFiles/resultPaths.js';
import type { CsvOptions } from '../files/csv.js';
import { namesIfAny } from '../files/fileAccess.js';
import { withFolder } from '../files/folderLock.js';
import { checkSettings } from '../settings/checkSetting.js';
import { csvTable, metricNames, outputTable } from '../settings/settings.js';
import type { WorkOptions } from '../support/progress.js';

/** @inline */
export interface MergeOptions extends CsvOptions, WorkOptions {
    /** Run folder that gets what is merged. */
    readonly folder: string;
    /** Replace finished counts of another model, other texts or settings. Default: refuse. */
    readonly force?: boolean | undefined;
}

/** A merged result. */
export type Merged =
    | { readonly path: string; readonly activations: Activations; readonly wasThere: boolean }
    | { readonly path: string; readonly examples: ExamplesHead; readonly wasThere: boolean }
    | { readonly path: string; readonly matrix: DeactivationMatrix }
    | { readonly path: string; readonly curves: DoseCurves };

type MergeKind = (files: readonly string[], options: MergeOptions) => Promise<Merged>;

/** The function that merges shards into a file of this name; undefined for a name that is not a shard's. */
function kindOf(whole: string): MergeKind | undefined {
    if (whole === activationsName) return mergeCounts;
    if (whole === examplesName) return mergeExamplesOf;
    return whole.endsWith('.json') && resultOf(whole) !== undefined ? mergeResults : undefined;
}

/** In the order of the work: counts first, then examples. */
function inOrder(wholes: Iterable<string>): string[] {
    return [...wholes].sort().sort((a, b) => {
        const [x, y] = [resultOf(a), resultOf(b)];
        if (x === undefined && y === undefined) return 0;
        return x === undefined ? -1 : y === undefined ? 1 : compareResults(x, y);
    });
}

/**
 * Merges all shards found, of every kind: counts, examples, matrices, curves.
 * @param paths shards' files, or folders that hold some
 * @throws LanguageNeuronsError NOT_FOUND; as `mergeShards`, `checkReplaces` and `mergeMatrix`
 */
export async function merge(paths: readonly string[], options: MergeOptions): Promise<Merged[]> {
    checkSettings(options, { ...csvTable, force: outputTable.force }, { folder: true, signal: true, progress: true });
    const files = (await Promise.all(paths.map(shardsAt))).flat();
    const merged: Merged[] = [];
    for (const whole of inOrder(new Set(files.map(wholeOf)))) {
        const shards = files.filter((file) => wholeOf(file) === whole);
        merged.push(await kindOf(whole)!(shards, options));
    }
    if (merged.length > 0) return merged;
    const where = paths.join(', ');
    throw new LanguageNeuronsError(
        'NOT_FOUND',
        `${where}: no shard files; run collect or deactivate with \`shard\` first`,
    );
}

function wholeOf(file: string): string {
    return nameOfWhole(basename(file)) ?? basename(file);
}

async function shardsAt(path: string): Promise<string[]> {
    const found = await stat(path).catch((cause: unknown) => {
        const mend = 'give a shard file, or a folder that holds some';
        throw new LanguageNeuronsError('NOT_FOUND', `${path}: no such file or folder; ${mend}`, { cause });
    });
    if (found.isDirectory()) {
        const names = (await namesIfAny(path)).filter((name) => kindOf(nameOfWhole(name) ?? '') !== undefined);
        return names.sort().map((name) => join(path, name));
    }
    if (kindOf(wholeOf(path)) !== undefined) return [path];
    const examples = [activationsName, ...metricNames.map((metric) => `${resultName(metric)}.json`)];
    throw wrongUse(`${path}: is not named like a shard; give files such as ${examples.map(exampleOf).join(', ')}`);
}

function exampleOf(whole: string): string {
    return whole.replace(/(?=\.[^.]+$)/, '.shard-1-of-2');
}

async function mergeResults(
    files: readonly string[],
    { folder, excel, signal, progress }: MergeOptions,
): Promise<Merged> {
    const merged = await mergeMatrix(files, { folder, excel, signal, progress });
    const { metric, operation } = merged;
    return 'doses' in merged
        ? { path: dosePath(folder, metric, operation), curves: merged }
        : { path: matrixPath(folder, metric, operation), matrix: merged };
}

async function mergeCounts(files: readonly string[], { folder, force = false }: MergeOptions): Promise<Merged> {
    const activations = await mergeShards(files);
    const path = activationsPath(folder);
    const { isThere } = await withFolder(folder, 'merge', async () => {
        const found = await checkReplaces(path, activations, force);
        if (!found.isThere) await writeActivations(path, activations);
        return found;
    });
    return { path, activations, wasThere: isThere };
}

async function mergeExamplesOf(files: readonly string[], { folder, force = false }: MergeOptions): Promise<Merged> {
    const head = await headOfShards(files);
    const path = examplesPath(folder);
    return withFolder(folder, 'merge', async () => {
        const had = await readExamplesHead(path);
        if (had?.key === head.key) return { path, examples: had, wasThere: true };
        checkReplaced(path, had, force);
        return { path, examples: await mergeExamples(files, head, path), wasThere: false };
    });
}
