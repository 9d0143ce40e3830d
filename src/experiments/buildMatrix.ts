import { setImmediate as breathe } from 'node:timers/promises';
import { readActivationsSource } from '../activations/activationsFile.js';
import { shareWithin } from '../activations/sketch.js';
import { defined } from '../support/defined.js';
import { neuronsDigest } from '../neurons/neuronsDigest.js';
import type { NeuronSetName } from '../neurons/neuronSets.js';
import type { Progress } from '../support/progress.js';
import { throwIfStopped } from '../support/stop.js';
import { buildSet, estimates } from './buildSet.js';
import { allConditions, type SetConditions, wholeModel } from './conditions.js';
import { countedWords } from './countedTexts.js';
import type { DeactivationMatrix, DeactivationSet, MeasuredModel } from './DeactivationMatrix.js';
import type { Experiment } from './experiment.js';
import type { Measurements, MetricFacts } from './Metric.js';

/** All that a matrix is made of. */
export interface MatrixParts {
    readonly metric: MetricFacts;
    readonly experiment: Experiment;
    /** Of all conditions asked for, in all languages. */
    readonly measurements: Measurements;
    readonly model: MeasuredModel;
    /** Run folder, whose counts tell which texts were counted too. */
    readonly folder: string;
    readonly signal?: AbortSignal | undefined;
    readonly progress: Progress;
}

/**
 * Every set that is measured, asked for or not, with its intervals.
 * @throws LanguageNeuronsError ABORTED; as `readActivationsSource`
 */
export async function buildMatrix({
    metric,
    experiment,
    measurements,
    model,
    folder,
    signal,
    progress,
}: MatrixParts): Promise<DeactivationMatrix> {
    const { languages } = metric;
    const { analysis, sets, asked, known, controls, seed } = experiment;
    const measuredToo = known.filter((condition) => measurements.has?.(condition) ?? false);
    const there = new Set([...asked, ...measuredToo].map(({ id }) => id));
    const isHeld = ({ own, controls }: SetConditions): boolean =>
        [own, ...controls].flat().every(({ id }) => there.has(id));
    const held = [...sets].filter(([, set]) => isHeld(set));
    const conditions = allConditions(held.map(([, set]) => set));
    const measured = estimates(metric, measurements);
    for (const condition of conditions) {
        for (const language of languages) measured(condition, language);
        await breathe(); // resampling takes a while
        throwIfStopped(signal);
    }
    const matrices: Partial<Record<NeuronSetName, DeactivationSet>> = {};
    for (const [name, set] of held) matrices[name] = buildSet(metric, languages, set, measured);
    const whole = Object.fromEntries(
        languages.map((language) => {
            const { numerators, weights } = measurements.whole?.(language) ?? measured(wholeModel, language).cell;
            return [language, { numerators: [...numerators], weights: [...weights] }];
        }),
    );
    const counted = await countedShares(folder, measurements.sketches ?? {});
    if (counted !== undefined) {
        const mend = 'give other --data, or the effect will look larger than it is';
        progress.note(`warning: ${countedWords(counted)}; ${mend}`);
    }
    return {
        metric: metric.name,
        settings: { ...metric.settings, ...measurements.settings, controls, seed },
        model,
        neurons: neuronsDigest(analysis),
        ...defined({ counted }),
        languages,
        sets: matrices,
        whole,
        decodedTokens: conditions.reduce((sum, condition) => sum + measurements.decodedTokens(condition), 0),
    };
}

/**
 * The share of each language's texts that the folder's counts were made of too; undefined where none was, or it is
 * not known.
 */
async function countedShares(
    folder: string,
    sketches: Readonly<Record<string, string>>,
): Promise<Record<string, number> | undefined> {
    const texts = (await readActivationsSource(folder))?.source.dataset.texts ?? {};
    const shares = Object.entries(sketches).map(
        ([language, sketch]) => [language, shareWithin(sketch, texts[language]?.sketch ?? '')] as const,
    );
    const found = shares.filter(([, share]) => share > 0);
    return found.length === 0 ? undefined : Object.fromEntries(found);
}
