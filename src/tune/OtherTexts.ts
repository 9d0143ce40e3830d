import { type CorpusSurvey, surveyCorpus } from '../activations/surveyCorpus.js';
import type { Corpus, Sample } from '../corpus/Corpus.js';
import { LanguageNeuronsError } from '../errors.js';
import type { CellInterval } from '../experiments/results/DeactivationMatrix.js';
import { kl } from '../experiments/textMetrics/divergence.js';
import type { MeasureContext } from '../experiments/metric/Metric.js';
import { bootstrapInterval, drawResamples, estimate } from '../experiments/statistics/resampling.js';
import type { ModelState } from '../interventions/ModelState.js';

/** Texts to search on, and others to judge on. */
export type TextPart = 'searched' | 'judged';

interface OtherTextsOptions {
    readonly corpus: Corpus;
    /** Languages of the corpus to leave out: those whose answers are to change. */
    readonly without: readonly string[];
    /** Most texts of each language. */
    readonly limit: number;
}

/** Texts that are held in memory, so that they are surveyed once for all states. */
interface HeldTexts {
    readonly corpus: Corpus;
    readonly survey: CorpusSurvey;
}

/** What interventions cost on texts in other languages: how far the next-token distributions move. */
export class OtherTexts {
    readonly languages: readonly string[];
    readonly #parts: Readonly<Record<TextPart, HeldTexts>>;

    private constructor(languages: readonly string[], parts: Readonly<Record<TextPart, HeldTexts>>) {
        [this.languages, this.#parts] = [languages, parts];
    }

    /** @throws LanguageNeuronsError EMPTY without two texts in another language; as reading the corpus */
    static async open({ corpus, without, limit }: OtherTextsOptions): Promise<OtherTexts> {
        const parts: Record<TextPart, Map<string, Sample[]>> = { searched: new Map(), judged: new Map() };
        for (const language of corpus.languages.filter((one) => !without.includes(one))) {
            const texts: Sample[] = [];
            for await (const sample of corpus.samples(language)) if (texts.push(sample) === limit) break;
            if (texts.length < 2) continue; // one could not be on both sides
            for (const [part, parity] of [['searched', 0] as const, ['judged', 1] as const])
                parts[part].set(
                    language,
                    texts.filter((_, place) => place % 2 === parity),
                );
        }
        const languages = [...parts.judged.keys()];
        if (languages.length === 0) {
            const what = `has no two texts in a language other than ${without.join(', ')}`;
            throw new LanguageNeuronsError('EMPTY', `${corpus.name}: ${what}; give \`texts\` in other languages too`);
        }
        const held = async (texts: ReadonlyMap<string, readonly Sample[]>): Promise<HeldTexts> => {
            const own: Corpus = {
                ...corpus,
                languages,
                async *samples(language) {
                    yield* texts.get(language)!;
                },
            };
            return { corpus: own, survey: await surveyCorpus(own) };
        };
        return new OtherTexts(languages, { searched: await held(parts.searched), judged: await held(parts.judged) });
    }

    /**
     * The mean of KL(whole model || state) over the tokens of one part of the texts, in nats, with its 95 % interval by
     * bootstrap over the texts. Kept where every metric of texts keeps its scores.
     * @throws LanguageNeuronsError as the measuring of `kl`
     */
    async divergence(
        state: ModelState,
        part: TextPart,
        context: Omit<MeasureContext, 'known'>,
    ): Promise<{ readonly value: number; readonly interval: CellInterval }> {
        const { corpus, survey } = this.#parts[part];
        const measured = await kl.on(corpus, {}).measure([state], { ...context, survey, known: [] });
        const cells = this.languages.map((language) => measured.cell(state, language));
        const units = {
            numerators: Float64Array.from(cells.flatMap(({ numerators }) => [...numerators])),
            weights: Float64Array.from(cells.flatMap(({ weights }) => [...weights])),
        };
        const found = estimate(units, drawResamples(units.weights.length), (mean) => mean);
        return { value: found.value, interval: bootstrapInterval(found) };
    }
}
