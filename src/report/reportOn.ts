import { basename, join } from 'node:path';
import type { Activations } from '../activations/Activations.js';
import { readActivations } from '../activations/activationsFile.js';
import { checkedFindings } from '../checks/checkedFindings.js';
import { defined } from '../support/defined.js';
import type { Comparison } from '../experiments/results/Comparison.js';
import { readComparison } from '../experiments/resultFiles/comparisonFile.js';
import { caveatsOf, foundElsewhere } from '../experiments/matrices/caveats.js';
import { readCurves } from '../experiments/resultFiles/doseFile.js';
import { readMatrices } from '../experiments/resultFiles/matrixFile.js';
import { resultName, unknownResults } from '../experiments/resultFiles/resultPaths.js';
import type { CsvOptions } from '../files/csv.js';
import { besideFolder } from '../files/folderLock.js';
import { isDeactivation } from '../interventions/Operation.js';
import { lensOf } from '../lens/lensFile.js';
import { isOfCounts } from '../neurons/analysis/isOfCounts.js';
import type { NeuronAnalysis } from '../neurons/analysis/NeuronAnalysis.js';
import { neuronsPath, readNeurons } from '../neurons/analysis/neuronsFile.js';
import { neuronsDigest } from '../neurons/analysis/neuronsDigest.js';
import { checkSettings } from '../settings/checkSetting.js';
import { outputTable, reportTable } from '../settings/settings.js';
import { type Quants, quantsName, readQuantsIfAny } from '../quants/quantsFile.js';
import { readTunes, tuneFileName } from '../tune/tuneFile.js';
import { toolVersion } from '../versions.js';
import { readAnswers } from './input/readAnswers.js';
import type { ReportFiles, ReportInput } from './input/Report.js';
import { readShownNeurons } from './input/shownNeurons.js';
import { siteLink } from './input/siteLink.js';
import { unfinishedWork } from './input/unfinishedWork.js';
import { writeReport } from './writeReport.js';

const unfinished = 'what it has not finished is not in this report; write it again then.';

/** @inline */
export interface ReportOptions extends CsvOptions {
    /** Heading; default: the model's name. */
    readonly title?: string | undefined;
    /** The explorer's static site, to link to: its address, or its folder. Default: `site` in the run folder. */
    readonly site?: string | undefined;
    /** Remarks under the summary, one paragraph each. */
    readonly notes?: readonly string[] | undefined;
    /** Folder of the report and of `comparison.json`; default: the run folder itself. */
    readonly out?: string | undefined;
}

/** What a run folder holds for its report. */
export interface ReportSource {
    readonly input: ReportInput;
    readonly activations: Activations;
    /** Whether the analysis was made from these activations. */
    readonly counted: boolean;
}

/**
 * Writes the report of a run folder from the files in it; a folder without a matrix or a comparison gets a report
 * without one; where a process works in the folder, it is of what is finished. What does not belong to the neurons of
 * `neurons.json` is left out, and the page says so.
 * @throws LanguageNeuronsError NOT_FOUND, DAMAGED, BUSY, UNWRITABLE
 */
export async function reportOn(folder: string, options: ReportOptions = {}): Promise<ReportFiles> {
    checkSettings(options, { ...reportTable, out: outputTable.out }, { notes: true });
    const { out = folder, excel } = options;
    const { warnings = [], ...input } = await readReport(folder, options);
    return besideFolder(join(out, 'report.html'), 'report', (meanwhile) => {
        const running = meanwhile === undefined ? [] : [`${meanwhile} works in the folder: ${unfinished}`];
        return writeReport(out, { ...input, warnings: [...running, ...warnings] }, { excel });
    });
}

/**
 * Reads all that the report of a run folder shows.
 * @throws LanguageNeuronsError NOT_FOUND, DAMAGED
 */
export async function readReport(folder: string, options: ReportOptions = {}): Promise<ReportInput> {
    const site = siteLink(folder, options.out ?? folder, options.site);
    const { input, activations, counted } = await readReportSource(folder, options);
    const { answers, warnings } = await readAnswers(folder, input.matrices, input.analysis);
    const shownNeurons = counted ? await readShownNeurons(folder, activations, input.analysis) : undefined;
    const known = [
        ...warnings,
        ...(shownNeurons?.passedOver ?? []).map((path) => `${basename(path)} is of another model and is not shown.`),
        ...(input.warnings ?? []),
    ];
    return { ...input, answers, ...defined({ shownNeurons, site }), warnings: known };
}

/**
 * Reads what a run folder holds, without what does not belong to the neurons of `neurons.json`.
 * @throws LanguageNeuronsError NOT_FOUND, DAMAGED
 */
export async function readReportSource(
    folder: string,
    { title, notes, out = folder }: ReportOptions = {},
): Promise<ReportSource> {
    const activations = await readActivations(folder);
    const analysis = await readNeurons(neuronsPath(folder));
    const stale = await unknownResults(folder);
    const counted = isOfCounts(analysis, activations);
    if (!counted) {
        stale.push(
            'neurons.json was made from other counts than activations.safetensors holds, ' +
                'so the numbers of counted tokens are left out; run identify again',
        );
    }
    const digest = neuronsDigest(analysis);
    const ofNeurons = <R extends Found>(results: readonly R[], stands: StaleNames<R>): R[] =>
        ownResults(results, digest, (result) => stale.push(staleWords(stands.name(result), stands.command(result))));
    const matrices = ofNeurons(await readMatrices(folder), {
        name: ({ metric, operation }) => resultName(metric, operation),
        command: ({ operation }) => (isDeactivation(operation) ? 'deactivate' : 'intervene'),
    });
    const curves = ofNeurons(await readCurves(folder), {
        name: ({ metric, operation }) => resultName(metric, operation, 'dose'),
        command: () => 'intervene',
    });
    const tunes = ofNeurons(await readTunes(folder), { name: tuneFileName, command: () => 'tune' });
    const comparison = await readComparison(out);
    const compared = comparison !== undefined && comparesWith(comparison, digest);
    if (comparison !== undefined && !compared) {
        stale.push(
            'comparison.json was made with other neurons than those of neurons.json and is left out; run compare again',
        );
    }
    const { results: checks, others } = await checkedFindings(folder, analysis);
    stale.push(...others.map((name) => staleWords(name, 'check')));
    const lens = await lensOf(folder, analysis);
    const quants = await quantsOf(folder, analysis, (why) => stale.push(why));
    const lacking = await unfinishedWork(folder, analysis, lens);
    const source = counted ? activations.source : analysis.source;
    const warnings = [...matrices, ...curves].flatMap((measured) =>
        caveatsOf({ ...measured, foundIn: foundElsewhere(source, measured.model) }),
    );
    const input: ReportInput = {
        title: title ?? `Language neurons of ${source.model.name}`,
        analysis,
        tokens: counted
            ? Object.fromEntries(activations.languages.map((language, k) => [language, Number(activations.tokens[k])]))
            : {},
        source,
        generatedBy: { version: toolVersion },
        matrices,
        curves,
        checks,
        tunes,
        warnings: [...stale.map((what) => `${what}.`), ...new Set(warnings), ...lacking],
        ...defined({ comparison: compared ? comparison : undefined, notes, lens, quants }),
    };
    return { input, activations, counted };
}

/** The comparison of quantized files in a run folder; one of another model is told. */
async function quantsOf(
    folder: string,
    { source }: NeuronAnalysis,
    other: (why: string) => void,
): Promise<Quants | undefined> {
    const found = await readQuantsIfAny(join(folder, quantsName));
    if (found === undefined || found.files[0]!.model === source.model.fingerprint) return found;
    other(`${quantsName}/quants.json compares files with another model and is left out; delete the folder`);
    return undefined;
}

/** A result with the digest of the neurons that it was made with. */
interface Found {
    readonly neurons: string;
}

/** Those results that were made with the neurons of a digest; the others are told. */
function ownResults<R extends Found>(results: readonly R[], digest: string, other: (result: R) => void): R[] {
    return results.filter((result) => {
        if (result.neurons !== digest) other(result);
        return result.neurons === digest;
    });
}

/** How a result that is left out is named: its file without ending, and the command that makes it anew. */
interface StaleNames<R> {
    readonly name: (result: R) => string;
    readonly command: (result: R) => string;
}

function staleWords(name: string, command: string): string {
    const why = 'was made with other neurons than those of neurons.json and is left out';
    return `${name}.json ${why}; run ${command} again`;
}

/** Whether neurons, by their digest, are those of the first or the last analysis of a comparison. */
function comparesWith({ analyses }: Comparison, digest: string): boolean {
    return [analyses[0]!, analyses.at(-1)!].some(({ neurons }) => neurons === digest);
}
