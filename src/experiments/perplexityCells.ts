import { z } from 'zod';
import { datasetName } from '../corpus/datasetName.js';
import type { TextScore } from '../engine/engineTypes.js';
import { jsonNumber } from '../files/jsonNumber.js';
import { keyOf } from '../support/keyOf.js';
import type { PerplexityMean } from './choices.js';
import type { Condition } from './conditions.js';
import type { Cell, Measurements, MetricFacts } from './Metric.js';
import type { PerplexityPlan } from './planShapes.js';

/** A line of the journal: sums of natural log-probabilities and scored tokens, by text. */
export const cellShape = z
    .object({
        key: z.string(),
        condition: z.string(),
        language: z.string(),
        logProbabilities: z.array(jsonNumber),
        tokens: z.array(z.int().nonnegative()),
        decodedTokens: z.int().nonnegative(),
    })
    .refine(({ logProbabilities, tokens }) => logProbabilities.length === tokens.length);
export type ScoredCell = z.output<typeof cellShape>;

export const cellsJournal = 'ppl.cells.jsonl';

/** Of the name that the user gave the texts, as long as nothing is measured. */
export function perplexityFacts(
    data: string,
    { languages, mean, over }: Pick<PerplexityPlan, 'languages' | 'mean' | 'over'>,
): MetricFacts {
    return {
        name: 'ppl',
        languages,
        settings: { data, mean, over },
        fromMean: mean === 'tokens' ? Math.exp : (value) => value,
    };
}

/** Cells of some conditions in all languages, as they come: from journals, or from the model. */
export class PerplexityCells implements Measurements {
    readonly plan: PerplexityPlan;
    readonly #folder: string;
    readonly #wanted: ReadonlySet<string>;
    readonly #cells = new Map<string, ScoredCell>();

    /** @param folder that paths are told from */
    constructor(plan: PerplexityPlan, conditions: readonly Condition[], folder: string) {
        this.plan = plan;
        this.#folder = folder;
        this.#wanted = new Set(
            conditions.flatMap((condition) => plan.languages.map((language) => this.key(condition, language))),
        );
    }

    /** Names a cell by all that shapes it. */
    key(condition: Condition, language: string): string {
        const { model, engine: settings, over, surveys } = this.plan;
        const texts = surveys[language]!.digest;
        return keyOf({ metric: 'ppl', model, settings, over, texts, condition: condition.id });
    }

    /** Cells of other work are passed over. */
    take(cell: ScoredCell): void {
        if (this.#wanted.has(cell.key)) this.#cells.set(cell.key, cell);
    }

    isOpen(condition: Condition, language: string): boolean {
        return !this.#cells.has(this.key(condition, language));
    }

    has(condition: Condition): boolean {
        return this.plan.languages.every((language) => !this.isOpen(condition, language));
    }

    cell(condition: Condition, language: string): Cell {
        return cellOf(textsOf(this.#found(condition, language)), this.plan.mean);
    }

    decodedTokens(condition: Condition): number {
        return this.plan.languages.reduce((sum, language) => sum + this.#found(condition, language).decodedTokens, 0);
    }

    get settings(): Readonly<Record<string, string | number>> {
        const {
            sources,
            texts,
            engine: { window, batch, device },
        } = this.plan;
        return { data: datasetName(sources, this.#folder), texts, window: window!, batch: batch!, device: device! };
    }

    get sketches(): Readonly<Record<string, string>> {
        const { surveys } = this.plan;
        return Object.fromEntries(Object.entries(surveys).map(([language, { sketch }]) => [language, sketch]));
    }

    #found(condition: Condition, language: string): ScoredCell {
        return this.#cells.get(this.key(condition, language))!;
    }
}

/** exp of the mean negative log-likelihood. */
export function perplexity({ logProbability, tokens }: TextScore): number {
    return Math.exp(-logProbability / tokens);
}

/** A text of one token may have none that is scored: it says nothing. */
function textsOf({ logProbabilities, tokens }: ScoredCell): TextScore[] {
    const texts = logProbabilities.map((logProbability, i) => ({ logProbability, tokens: tokens[i]! }));
    return texts.filter((text) => text.tokens > 0);
}

function cellOf(texts: readonly TextScore[], mean: PerplexityMean): Cell {
    return {
        numerators: Float64Array.from(texts, (text) => (mean === 'tokens' ? -text.logProbability : perplexity(text))),
        weights: Float64Array.from(texts, ({ tokens }) => (mean === 'tokens' ? tokens : 1)),
        samples: texts.reduce((sum, { tokens }) => sum + tokens, 0),
    };
}
