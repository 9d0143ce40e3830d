import { setImmediate as breathe } from 'node:timers/promises';
import { sum } from '../../support/averages.js';
import { defined } from '../../support/defined.js';
import { neuronsDigest } from '../../neurons/analysis/neuronsDigest.js';
import type { Progress, Work } from '../../support/progress.js';
import { throwIfStopped } from '../../support/stop.js';
import { wholeModel } from '../../interventions/ModelState.js';
import { experimentTable } from '../../settings/settings.js';
import { buildSet, estimates } from './buildSet.js';
import { allConditions, type SetConditions } from '../conditions/conditions.js';
import { foundElsewhere } from './caveats.js';
import { countedShares, countedWords } from './countedTexts.js';
import type {
    DeactivationMatrix,
    DeactivationSet,
    MeasuredIntervention,
    MeasuredModel,
} from '../results/DeactivationMatrix.js';
import type { DoseCurves } from '../results/DoseCurves.js';
import type { Doses, Experiment } from '../conditions/experiment.js';
import type { Cell } from '../statistics/estimates.js';
import type { Measurements, MetricFacts, MetricKind } from '../metric/Metric.js';

/** The inputs of matrices. */
export interface MatrixParts extends Work {
    readonly metric: MetricFacts;
    readonly experiment: Experiment;
    /** Measurements of all requested conditions in all languages. */
    readonly measurements: Measurements;
    readonly model: MeasuredModel;
    /** Run folder; its counts say which texts were counted. */
    readonly folder: string;
}

/**
 * A matrix of each operation, with every set that is measured, asked for or not.
 * @throws LanguageNeuronsError ABORTED; as `readActivationsSource`
 */
export async function buildMatrices(parts: MatrixParts): Promise<DeactivationMatrix[]> {
    const built = await buildParts(parts);
    return built.map(({ before, sets, after }) => ({
        ...before,
        sets: Object.fromEntries(sets) as DeactivationMatrix['sets'],
        ...after,
    }));
}

/**
 * Dose curves of each operation.
 * @throws LanguageNeuronsError as `buildMatrices`
 */
export async function buildCurves(parts: MatrixParts, { ranking, shares }: Doses): Promise<DoseCurves[]> {
    const built = await buildParts(parts);
    return built.map(({ before, sets, after }) => ({
        ...before,
        total: ranking.total,
        doses: shares.map((share) => ({ share, set: sets.get(String(share))! })),
        ...after,
    }));
}

/** The parts that one operation gives, in the order of its file. */
interface BuiltPart {
    readonly before: Omit<MeasuredIntervention, keyof BuiltPart['after']>;
    readonly sets: ReadonlyMap<string, DeactivationSet>;
    readonly after: Pick<MeasuredIntervention, 'whole' | 'decodedTokens'>;
}

async function buildParts({
    metric,
    experiment,
    measurements,
    model,
    folder,
    signal,
    progress,
}: MatrixParts): Promise<BuiltPart[]> {
    const { languages } = metric;
    const { analysis, heldOut, asked, known, controls, seed, matched } = experiment;
    const neurons = neuronsDigest(analysis);
    const measuredToo = known.filter((condition) => measurements.has?.(condition) ?? false);
    const there = new Set([...asked, ...measuredToo].map(({ name }) => name));
    const isHeld = ({ own, controls }: SetConditions): boolean =>
        [own, ...controls].flat().every(({ name }) => there.has(name));
    const parts = experiment.parts.map(({ operation, sets }) => ({
        operation,
        held: [...sets].filter(([, set]) => isHeld(set)),
    }));
    const measured = estimates(metric, measurements);
    for (const condition of allConditions(parts.flatMap(({ held }) => held.map(([, set]) => set)))) {
        for (const language of languages) measured(condition, language);
        await breathe(); // resampling takes a while
        throwIfStopped(signal);
    }
    const whole = unitsOfWhole(languages, (language) => wholeCell(measurements, language));
    const counted =
        heldOut === undefined ? await countedShares(folder, measurements.sketches ?? {}, metric.kind) : heldOut.counted;
    const foundIn = foundElsewhere(analysis.source, model);
    warn({ counted, foundIn, model }, metric.kind, progress);
    return parts.map(({ operation, held }) => {
        const conditions = allConditions(held.map(([, set]) => set));
        return {
            before: {
                metric: metric.kind.name,
                settings: {
                    ...{ ...metric.settings, ...measurements.settings, controls, seed },
                    ...(matched === experimentTable.matched.default ? {} : { matched }),
                },
                model,
                neurons: heldOut?.whole ?? neurons,
                operation,
                ...defined({ counted, foundIn }),
                ...(heldOut && { heldOut: { fold: heldOut.fold, of: heldOut.of, neurons } }),
                languages,
            },
            sets: new Map(held.map(([name, set]) => [name, buildSet(metric, set, measured)])),
            after: {
                whole,
                decodedTokens: sum(conditions, (condition) => measurements.decodedTokens(condition)),
            },
        };
    });
}

/** Says while measuring what `caveatsOf` says of the results. */
function warn(
    { counted, foundIn, model }: Pick<MeasuredIntervention, 'counted' | 'foundIn' | 'model'>,
    kind: MetricKind,
    progress: Progress,
): void {
    if (counted !== undefined) {
        const mend =
            kind.inputs === 'texts'
                ? 'count in `folds`, so that one is held out, or give other `data`'
                : 'give other `data`';
        const bias = 'the effect may look larger than it is (by how much, the check held-out says)';
        progress.note(`warning: ${countedWords(counted, kind)}; ${mend}, or ${bias}`);
    }
    if (foundIn !== undefined)
        progress.note(`neurons found in ${foundIn.name} are changed in another model, ${model.name}`);
}

/** The whole model's measurement, on all its units. */
export function wholeCell(measurements: Measurements, language: string): Cell {
    return measurements.whole?.(language) ?? measurements.cell(wholeModel, language);
}

/** The units of such measurements, by language. */
export function unitsOfWhole(
    languages: readonly string[],
    cellIn: (language: string) => Cell,
): MeasuredIntervention['whole'] {
    return Object.fromEntries(
        languages.map((language) => {
            const { numerators, weights } = cellIn(language);
            return [language, { numerators: [...numerators], weights: [...weights] }];
        }),
    );
}
