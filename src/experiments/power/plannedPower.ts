import type { DeactivationMatrix, DeactivationSet } from '../results/DeactivationMatrix.js';
import { powerFor, spreadOf } from './matrixPower.js';
import type { CellSpread } from '../statistics/estimates.js';
import type { MetricKind } from '../metric/Metric.js';
import { readMatrices } from '../resultFiles/matrixFile.js';
import { withUnits } from '../statistics/power.js';
import { resultName } from '../resultFiles/resultPaths.js';
import { fewestToTell } from '../statistics/tooFewRight.js';

/** What the texts or questions of a language will be able to show. */
export interface PlannedPower {
    readonly language: string;
    /** Texts or questions. */
    readonly units: number;
    /**
     * The least harm, as an effect with its sign, that is told from chance in `wantedPower` of cases; null: none is, or
     * it is not known. Of answers without an earlier matrix: where all answers that change get worse, which is the best
     * case.
     */
    readonly least: number | null;
    /** Texts or questions that it takes for harm of `referenceEffect`; null where it is not known. */
    readonly forReference: number | null;
    /** Of answers: the least fall that can be told at all; more questions than there are: none can. */
    readonly atAll?: number;
    /** Whether the spread is that of an earlier matrix. */
    readonly measured: boolean;
}

export interface PowerPlan {
    readonly languages: readonly PlannedPower[];
    /** The file of the earlier matrix whose spread was taken. Absent: there is none. */
    readonly from?: string;
}

/** Answers of which all that change get worse. */
const oneWay = { deviation: 0, seen: 0 } as const;

/**
 * How small a change texts or questions will show: by the spread of an earlier matrix of the folder, or else by what is
 * known of any answers.
 * @param units texts or questions of each language
 * @throws LanguageNeuronsError DAMAGED
 */
export async function planPower(
    folder: string,
    metric: MetricKind,
    units: ReadonlyMap<string, number>,
    controls: number,
): Promise<PowerPlan> {
    const earlier = (await readMatrices(folder)).filter(
        (matrix) => matrix.metric === metric.name && mainSetOf(matrix) !== undefined,
    )[0];
    const set = earlier && mainSetOf(earlier);
    const languages = [...units].map(([language, number]): PlannedPower => {
        const atAll = metric.inputs === 'questions' ? { atAll: fewestToTell / number } : {};
        const base = { language, units: number, ...atAll };
        const c = set?.columns.indexOf(language) ?? -1;
        const known = set !== undefined && c >= 0 ? spreadOf(set, c, metric) : undefined;
        const at = (spread: CellSpread): CellSpread => ({ ...withUnits(spread, number), controls });
        if (known !== undefined)
            return {
                ...base,
                ...powerFor({ ...known, spread: at(known.spread) }, set!.baseline[c]!, metric),
                measured: true,
            };
        if (metric.inputs === 'texts') return { ...base, least: null, forReference: null, measured: false };
        const spread = { ...oneWay, units: number, effective: number, controls };
        return { ...base, ...powerFor({ spread, before: 0 }, 0, metric), measured: false };
    });
    return {
        languages,
        ...(earlier !== undefined &&
            languages.some(({ measured }) => measured) && {
                from: `${resultName(earlier.metric, earlier.operation)}.json`,
            }),
    };
}

/** The set whose spread is taken: that of most findings, or another one. */
function mainSetOf({ sets }: DeactivationMatrix): DeactivationSet | undefined {
    return sets['specific+related'] ?? Object.values(sets)[0];
}
