import { modelFiles } from '../engine/files/modelFiles.js';
import { modelFingerprint } from '../engine/files/modelFingerprint.js';
import { resolveModel } from '../engine/files/resolveModel.js';
import { LanguageNeuronsError } from '../errors.js';
import { withFile } from '../files/folderLock.js';
import { type GgufFile, type GgufValue, headWith, readGguf } from '../gguf/GgufFile.js';
import { analysisSites, type NeuronAnalysis } from '../neurons/analysis/NeuronAnalysis.js';
import { checkSettings } from '../settings/checkSetting.js';
import { modelTable, outputTable } from '../settings/settings.js';
import { sum } from '../support/averages.js';
import { type Progress, silent, type WorkOptions } from '../support/progress.js';
import { toolVersion } from '../versions.js';
import { checkAnalysed } from './checkAnalysed.js';
import { checkSources } from './checkReadable.js';
import { type EditPlan, type WeightEdit, planEdits } from './planEdits.js';
import { writeEdited } from './writeEdited.js';
import { refuseThere, targetsOf, writeModel } from './writeModel.js';

/** @inline */
export interface ExportOptions extends WorkOptions {
    /** GGUF file, or `hf:user/repo:quant`; any of them, where the model is in several files. */
    readonly model: string;
    /** The analysis that found the neurons. */
    readonly analysis: Pick<NeuronAnalysis, 'sites' | 'widths' | 'source'>;
    readonly edits: readonly WeightEdit[];
    /**
     * The edited file, `NAME.gguf`, which must not exist. A model in several files gets `NAME-00001-of-00002.gguf` …
     */
    readonly out: string;
    /** Edit another model than the one that was analysed. Default: refuse. */
    readonly otherModel?: boolean | undefined;
}

export interface ExportResult {
    /** The edited files. */
    readonly files: readonly string[];
    /** Neurons switched off, and those scaled. */
    readonly zeroed: number;
    readonly scaled: number;
    /** Rows of matrices, and numbers of biases, that were written anew. */
    readonly rows: number;
    /** Bytes of all files. */
    readonly bytes: number;
    /** Largest rounding of a scale, as a share of the largest in its row; 0 where all is exact. */
    readonly rounding: number;
    readonly seconds: number;
}

/** Version of the edit's description in a file's metadata. */
const version = 1;

/**
 * Writes a model's file with neurons switched off or scaled in its weights: any llama.cpp then computes what the mask,
 * or the scaling, computes. All other weights keep their bytes; the metadata say what was edited.
 * @throws LanguageNeuronsError UNSUPPORTED where the edit cannot be exact; MISMATCH where the model is not the analysed
 * one; WRONG_USE, NOT_FOUND, DAMAGED, UNWRITABLE, BUSY, ABORTED
 */
export async function exportModel(options: ExportOptions): Promise<ExportResult> {
    checkSettings(
        options,
        { model: modelTable.model, out: outputTable.out, otherModel: outputTable.force },
        { analysis: true, edits: true, signal: true, progress: true },
    );
    const { analysis, edits, signal, progress = silent } = options;
    const begin = performance.now();
    const path = await resolveModel(options.model, { signal, progress });
    const sources = await Promise.all((await modelFiles(path)).map(readGguf));
    await checkSources(sources);
    const targets = targetsOf(options.out, sources);
    const plan = planEdits(sources, analysisSites(analysis), edits);
    if (plan.zeroed + plan.scaled === 0) {
        const what = 'no neuron would be switched off or scaled';
        throw new LanguageNeuronsError('EMPTY', `${path}: ${what}; choose other languages or another set`);
    }
    for (const target of targets) await refuseThere(target); // before the model is read whole
    const fingerprint = await modelFingerprint(path, [], { signal, progress });
    if (options.otherModel !== true) checkAnalysed(path, fingerprint, analysis);
    const keys = editKeys(sources[0]!, fingerprint, edits, plan);
    const { rounding, bytes } = await withFile(targets[0]!, 'export', () =>
        writeAll({ sources, targets, plan, keys, signal, progress }),
    );
    progress.done();
    return {
        files: targets,
        zeroed: plan.zeroed,
        scaled: plan.scaled,
        rows: sum(plan.rows, (rows) => rows.length),
        bytes,
        rounding,
        seconds: (performance.now() - begin) / 1000,
    };
}

/** The metadata that describe the edit, with those of earlier edits. */
function editKeys(
    { metadata }: GgufFile,
    fingerprint: string,
    edits: readonly WeightEdit[],
    { zeroed, scaled }: EditPlan,
): Record<string, GgufValue> {
    let number = 0;
    const prefix = (): string => `language-neurons.edit.${number}`;
    const isTaken = (): boolean => Object.keys(metadata).some((key) => key.startsWith(`${prefix()}.`));
    while (isTaken()) number++;
    return {
        [`${prefix()}.version`]: version,
        [`${prefix()}.tool`]: `language-neurons ${toolVersion}`,
        [`${prefix()}.model`]: fingerprint,
        [`${prefix()}.changes`]: edits.map(({ label, scale }) => `${label} × ${scale}`),
        [`${prefix()}.zeroed`]: zeroed,
        [`${prefix()}.scaled`]: scaled,
    };
}

interface WriteAllOptions {
    readonly sources: readonly GgufFile[];
    readonly targets: readonly string[];
    readonly plan: EditPlan;
    readonly keys: Readonly<Record<string, GgufValue>>;
    readonly signal: AbortSignal | undefined;
    readonly progress: Progress;
}

/** Writes the files with their rows edited. */
async function writeAll(options: WriteAllOptions): Promise<Pick<ExportResult, 'rounding' | 'bytes'>> {
    const { sources, targets, plan, keys, signal, progress } = options;
    let rounding = 0;
    progress.stage(
        'write the edited model',
        sum(sources, ({ size, dataStart }) => size - dataStart),
    );
    const bytes = await writeModel({
        sources,
        targets,
        write: async (source, i, to) => {
            const rounded = await writeEdited({
                source,
                head: await headWith(source, i === 0 ? keys : {}),
                rows: plan.rows[i]!,
                to,
                signal,
                onBytes: (written) => progress.advance(written),
            });
            rounding = Math.max(rounding, rounded);
        },
    });
    return { rounding, bytes };
}
