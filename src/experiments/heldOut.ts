import type { Activations } from '../activations/Activations.js';
import { readActivations, readActivationsSource } from '../activations/activationsFile.js';
import type { ActivationsSource } from '../activations/ActivationsSource.js';
import { shareWithin } from '../activations/sketch.js';
import { type CorpusSurvey, surveyCorpus } from '../activations/surveyCorpus.js';
import type { Corpus } from '../corpus/Corpus.js';
import { textsOfFolds } from '../corpus/textsOfFolds.js';
import { isOfCounts } from '../neurons/analysis/isOfCounts.js';
import { neuronsDigest } from '../neurons/analysis/neuronsDigest.js';
import { analysisOfFolds } from '../neurons/classes/repeatAnalysis.js';
import { rankNeurons } from '../neurons/scores/rankNeurons.js';
import { formatList } from '../support/format.js';
import { silent, type WorkOptions } from '../support/progress.js';
import type { ExperimentHeldOut, ExperimentOptions } from './conditions/experiment.js';
import { heldOutWords } from './matrices/caveats.js';
import { fewestWithInterval } from './statistics/resampling.js';

interface HeldOutOptions extends Pick<ExperimentOptions, 'analysis' | 'doses'>, WorkOptions {
    /** Run folder, whose counts say which texts were counted, and in how many folds. */
    readonly folder: string;
    /** The texts to measure on. */
    readonly corpus: Corpus;
}

/** An experiment on texts that its neurons were not found on. */
export interface HeldOutExperiment {
    /** The texts of the fold left out. */
    readonly corpus: Corpus;
    readonly heldOut: ExperimentHeldOut;
    /** What takes the place of the options of the experiment on all texts. */
    readonly changed: Pick<ExperimentOptions, 'analysis' | 'activations' | 'doses'>;
}

/**
 * Leaves the last fold out where the texts to measure on are those that were counted, in folds: the analysis is
 * repeated on the others, and this fold's texts are what to measure on. Notes that it does.
 * @returns undefined where the texts are others, or there are no folds, or a fold has too few texts to measure on
 * @throws LanguageNeuronsError as the corpus and `readActivations` do; ABORTED
 */
export async function holdOut(options: HeldOutOptions): Promise<HeldOutExperiment | undefined> {
    const { folder, analysis, corpus, signal, progress = silent } = options;
    const counted = await readActivationsSource(folder);
    if (counted === undefined || counted.folds < 2) return undefined;
    const { folds: of, source } = counted;
    const survey = await surveyCorpus(corpus, signal);
    if (!areCounted(survey, source)) return undefined;
    const few = [...survey.languages].filter(([, { samples }]) => Math.floor(samples / of) < fewestWithInterval);
    if (few.length > 0) {
        const languages = formatList(few.map(([language]) => language));
        progress.note(`no texts are held out: a fold has fewer than ${fewestWithInterval} texts in ${languages}`);
        return undefined;
    }
    const activations = await readActivations(folder);
    const changed = withoutFold(options, activations, of);
    if (changed === undefined) return undefined;
    const texts = textsOfFolds(corpus, [of - 1], of);
    const isRepeated = Object.values(source.dataset.texts ?? {}).some(({ inSeveralFolds = 0 }) => inSeveralFolds > 0);
    const repeated = isRepeated ? await sharesIn(textsOfFolds(corpus, othersOf(of, of), of), texts, signal) : undefined;
    const heldOut = { fold: of, of, whole: neuronsDigest(analysis), ...(repeated && { counted: repeated }) };
    progress.note(`${heldOutWords(heldOut)}; \`circular\` measures on all of them`);
    return { corpus: texts, heldOut, changed };
}

/**
 * The options of an experiment with the neurons, and the ranking, that all folds but one give.
 * @param fold 1-based
 * @returns undefined for other counts than those of the analysis, or without this fold
 */
export function withoutFold(
    { analysis, doses }: Pick<ExperimentOptions, 'analysis' | 'doses'>,
    activations: Activations,
    fold: number,
): HeldOutExperiment['changed'] | undefined {
    if (!isOfCounts(analysis, activations) || activations.folds?.[fold - 1] === undefined) return undefined;
    const found = analysisOfFolds(activations, analysis, othersOf(fold, activations.folds.length));
    return { ...found, ...(doses && { doses: { ...doses, ranking: rankNeurons(found.activations, found.analysis) } }) };
}

/** 0-based, all folds but one. @param fold 1-based */
function othersOf(fold: number, of: number): number[] {
    return Array.from({ length: of }, (_, place) => place).filter((place) => place !== fold - 1);
}

/** Whether the texts of each language are those that were counted, in the same order, so that their folds are known. */
function areCounted({ languages }: CorpusSurvey, { dataset: { texts = {} } }: ActivationsSource): boolean {
    return [...languages].every(([language, { digest }]) => texts[language]?.digest === digest);
}

/** By language, the share of some texts that are among others; undefined where none is. */
async function sharesIn(
    others: Corpus,
    texts: Corpus,
    signal: AbortSignal | undefined,
): Promise<Record<string, number> | undefined> {
    const [among, own] = [await surveyCorpus(others, signal), await surveyCorpus(texts, signal)];
    const shares = [...own.languages].flatMap(([language, { sketch }]) => {
        const share = shareWithin(sketch, among.languages.get(language)!.sketch);
        return share > 0 ? [[language, share] as const] : [];
    });
    return shares.length === 0 ? undefined : Object.fromEntries(shares);
}
