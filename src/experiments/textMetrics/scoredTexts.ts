import { z } from 'zod';
import { settingsShape } from '../../activations/ActivationsSource.js';
import { datasetName } from '../../corpus/datasetName.js';
import { perplexityTable } from '../../settings/settings.js';
import type { Engine } from '../../engine/Engine.js';
import { settingsOf } from '../../engine/types/EngineSettings.js';
import type { TextScore } from '../../engine/types/engineTypes.js';
import { jsonNumber } from '../../files/jsonNumber.js';
import { sum } from '../../support/averages.js';
import { defined } from '../../support/defined.js';
import { byName } from '../../support/names.js';
import { keyOf } from '../../support/keyOf.js';
import type { ModelState } from '../../interventions/ModelState.js';
import type { Cell } from '../statistics/estimates.js';
import type { JournalledMeasurements } from '../metric/Metric.js';
import { planBase } from '../metric/planBase.js';

/**
 * A line of the journal: sums of natural log-probabilities, scored tokens and their bytes, by text; of texts beside a
 * reference, also what `TextScore` has of it.
 */
export const cellShape = z
    .object({
        key: z.string(),
        condition: z.string(),
        language: z.string(),
        logProbabilities: z.array(jsonNumber),
        tokens: z.array(z.int().nonnegative()),
        bytes: z.array(z.int().nonnegative()),
        divergences: z.array(jsonNumber).optional(),
        agreed: z.array(z.int().nonnegative()).optional(),
        decodedTokens: z.int().nonnegative(),
    })
    .refine(({ logProbabilities, ...sums }) =>
        [sums.tokens, sums.bytes, sums.divergences, sums.agreed].every(
            (list) => list === undefined || list.length === logProbabilities.length,
        ),
    );
export type ScoredCell = z.output<typeof cellShape>;

/** Where finished cells are kept: of all metrics of texts, which are made of the same scores. */
export const scoresJournal = { name: 'ppl.cells.jsonl', shape: cellShape };

/** What scores of texts are measured on, as plain data; see `planBase`. */
export const scoredPlan = {
    ...planBase,
    over: z.enum(perplexityTable.over.choices),
    /** Fingerprint of the model that texts are scored beside; see `referenceName`. */
    reference: z.string().optional(),
    /** Fingerprint, and the engine's settings. */
    model: z.string(),
    engine: settingsShape,
    /** By language, what identifies its texts; see `LanguageSurvey`. */
    surveys: byName(z.object({ digest: z.string(), sketch: z.string() })),
};

export type ScoredPlan = z.output<z.ZodObject<typeof scoredPlan>> & { readonly metric: string };

/**
 * Names a reference by its model, and by its engine where that computes otherwise than the engine that is compared with
 * it.
 */
export function referenceName(
    { settings }: Pick<Engine, 'settings'>,
    reference: Pick<Engine, 'settings' | 'fingerprint'>,
): string {
    const [own, other] = [settings, reference.settings].map((one) => keyOf(settingsOf('cells', one)));
    return own === other ? reference.fingerprint : `${reference.fingerprint} ${other!}`;
}

/** Cells of some conditions in all languages, as they come: from journals, or from the model. */
export class ScoredTexts implements JournalledMeasurements {
    readonly plan: ScoredPlan;
    readonly #cellOf: (texts: readonly TextScore[]) => Cell;
    readonly #folder: string;
    readonly #wanted: ReadonlySet<string>;
    readonly #cells = new Map<string, ScoredCell>();

    /**
     * @param folder that paths are relative to
     * @param cellOf makes one of the texts of a language
     */
    constructor(
        plan: ScoredPlan,
        conditions: readonly ModelState[],
        { folder, cellOf }: { readonly folder: string; readonly cellOf: (texts: readonly TextScore[]) => Cell },
    ) {
        this.plan = plan;
        this.#cellOf = cellOf;
        this.#folder = folder;
        this.#wanted = new Set(
            conditions.flatMap((condition) => plan.languages.map((language) => this.key(condition, language))),
        );
    }

    /** Names a cell by all that shapes it. */
    key(condition: ModelState, language: string): string {
        const { model, engine, over, reference, surveys } = this.plan;
        const settings = settingsOf('cells', engine);
        const texts = surveys[language]!.digest;
        return keyOf({ model, settings, over, reference, texts, condition: condition.name });
    }

    /** Cells of other work are passed over. */
    take(cell: ScoredCell): void {
        if (this.#wanted.has(cell.key)) this.#cells.set(cell.key, cell);
    }

    isOpen(condition: ModelState, language: string): boolean {
        return !this.#cells.has(this.key(condition, language));
    }

    has(condition: ModelState): boolean {
        return this.plan.languages.every((language) => !this.isOpen(condition, language));
    }

    cell(condition: ModelState, language: string): Cell {
        return this.cellOf(this.#found(condition, language));
    }

    /** The cell of an entry. */
    cellOf(entry: ScoredCell): Cell {
        return this.#cellOf(textsOf(entry));
    }

    decodedTokens(condition: ModelState): number {
        return sum(this.plan.languages, (language) => this.#found(condition, language).decodedTokens);
    }

    get settings(): Readonly<Record<string, string | number>> {
        const {
            sources,
            texts,
            reference,
            engine: { window, batch, device },
        } = this.plan;
        return {
            data: datasetName(sources, this.#folder),
            texts,
            ...defined({ reference }),
            window: window!,
            batch: batch!,
            device: device!,
        };
    }

    get sketches(): Readonly<Record<string, readonly string[]>> {
        const { surveys } = this.plan;
        return Object.fromEntries(Object.entries(surveys).map(([language, { sketch }]) => [language, [sketch]]));
    }

    #found(condition: ModelState, language: string): ScoredCell {
        return this.#cells.get(this.key(condition, language))!;
    }
}

/** A text of one token may have none that is scored: it says nothing. */
function textsOf({ logProbabilities, tokens, bytes, divergences, agreed }: ScoredCell): TextScore[] {
    const texts = logProbabilities.map((logProbability, i) => ({
        logProbability,
        tokens: tokens[i]!,
        bytes: bytes[i]!,
        ...defined({ divergence: divergences?.[i], agreed: agreed?.[i] }),
    }));
    return texts.filter((text) => text.tokens > 0);
}
