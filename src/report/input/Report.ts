import type { ActivationsSource } from '../../activations/ActivationsSource.js';
import type { CheckResult } from '../../checks/CheckResult.js';
import type { Comparison } from '../../experiments/results/Comparison.js';
import type { DeactivationMatrix } from '../../experiments/results/DeactivationMatrix.js';
import type { DoseCurves } from '../../experiments/results/DoseCurves.js';
import type { LensFile } from '../../lens/lensFile.js';
import type { NeuronAnalysis } from '../../neurons/analysis/NeuronAnalysis.js';
import type { Quants } from '../../quants/quantsFile.js';
import type { Tune } from '../../tune/tuneFile.js';
import type { ReportAnswers } from './readAnswers.js';
import type { ShownNeurons } from './shownNeurons.js';

/** Everything a report shows; the page, the figures and the tables are functions of this alone. */
export interface ReportInput {
    /** Heading of the page; plain text. */
    readonly title: string;
    readonly analysis: NeuronAnalysis;
    /** Counted tokens of each language. */
    readonly tokens: Readonly<Record<string, number>>;
    readonly source: ActivationsSource;
    /** Of perplexity, accuracy, both or none; of deactivation and other operations. */
    readonly matrices: readonly DeactivationMatrix[];
    /** Default: none. */
    readonly curves?: readonly DoseCurves[];
    /** Of deactivation and of other operations; without them the report does not show what the model says. */
    readonly answers?: readonly ReportAnswers[];
    /** Without them the report lists no neurons. */
    readonly shownNeurons?: ShownNeurons;
    /** The explorer's site, for links; see `siteLink`. */
    readonly site?: string;
    /** The logit lens's result. Without it the report does not show the layers' languages. */
    readonly lens?: LensFile;
    /** Without it the report has no comparison. */
    readonly comparison?: Comparison;
    /** Finished checks of what was found. Default: none. */
    readonly checks?: readonly CheckResult[];
    /** Searches for interventions that keep the model in a language. Default: none. */
    readonly tunes?: readonly Tune[];
    /** Quantized files of the model beside it. Without them the report does not compare files. */
    readonly quants?: Quants;
    readonly generatedBy: { readonly version: string; readonly command?: string };
    /** Remarks shown under the summary; plain text, one paragraph each. */
    readonly notes?: readonly string[];
    /** What a reader must know before the numbers: parts left out, texts used twice. Plain text, a sentence each. */
    readonly warnings?: readonly string[];
}

/** Paths of the written files; `folder` joined with their places in it. */
export interface ReportFiles {
    readonly html: string;
    /** What the page warns of; see `ReportInput`. */
    readonly warnings: readonly string[];
    readonly figures: readonly string[];
    readonly tables: readonly string[];
    /** The same tables for LaTeX with booktabs. */
    readonly latex: readonly string[];
}
