import { z } from 'zod';
import type { Corpus, Sample } from '../corpus/Corpus.js';
import type { Engine } from '../engine/Engine.js';
import { settingsOf } from '../engine/EngineSettings.js';
import { steppingDown } from '../engine/steppingDown.js';
import { LanguageNeuronsError } from '../errors.js';
import type { CellInterval } from '../experiments/DeactivationMatrix.js';
import { openJournals } from '../experiments/journals.js';
import { bootstrapInterval, drawResamples, estimate } from '../experiments/resampling.js';
import { jsonNumber } from '../files/jsonNumber.js';
import type { Journal } from '../files/Journal.js';
import type { ModelState } from '../interventions/ModelState.js';
import { asPrompts } from '../questions/chatSamples.js';
import { keyOf } from '../support/keyOf.js';
import type { Progress } from '../support/progress.js';

/** A line of the journal: of one state on one part of the texts, by text. */
const divergenceShape = z
    .object({
        key: z.string(),
        /** Sums of KL(whole model || state) over the tokens of a text, in nats. */
        divergences: z.array(jsonNumber),
        tokens: z.array(z.int().positive()),
    })
    .refine(({ divergences, tokens }) => divergences.length === tokens.length);
type Divergences = z.output<typeof divergenceShape>;

/** Where finished states are kept. */
export const divergencesJournal = { name: 'tune.kl.jsonl', shape: divergenceShape };

/** Texts to search on, and others to judge on. */
export type TextPart = 'searched' | 'judged';

interface OtherTextsOptions {
    readonly engine: Engine;
    readonly corpus: Corpus;
    /** Languages of the corpus to leave out: those whose answers are to change. */
    readonly without: readonly string[];
    /** Most texts of each language. */
    readonly limit: number;
    readonly folder: string;
    readonly signal: AbortSignal | undefined;
    readonly progress: Progress;
}

/** What interventions cost on texts in other languages: how far the next-token distributions move. */
export class OtherTexts {
    readonly languages: readonly string[];
    readonly #options: OtherTextsOptions;
    readonly #texts: Readonly<Record<TextPart, readonly Sample[]>>;
    readonly #digests: Readonly<Record<TextPart, string>>;
    readonly #known: Map<string, Divergences>;
    readonly #journal: Journal<Divergences>;

    private constructor(
        options: OtherTextsOptions,
        languages: readonly string[],
        parts: Readonly<Record<TextPart, readonly Sample[]>>,
        { known, journal }: { readonly known: Map<string, Divergences>; readonly journal: Journal<Divergences> },
    ) {
        [this.#options, this.languages, this.#texts] = [options, languages, parts];
        [this.#known, this.#journal] = [known, journal];
        const digest = (samples: readonly Sample[]): string => keyOf(JSON.stringify(samples));
        this.#digests = { searched: digest(parts.searched), judged: digest(parts.judged) };
    }

    /** @throws LanguageNeuronsError EMPTY without two texts in another language; the corpus's, UNWRITABLE, ABORTED */
    static async open(options: OtherTextsOptions): Promise<OtherTexts> {
        const { corpus, without, limit, folder, signal, progress } = options;
        const languages = corpus.languages.filter((language) => !without.includes(language));
        const parts: Record<TextPart, Sample[]> = { searched: [], judged: [] };
        for (const language of languages) {
            let place = 0;
            for await (const sample of corpus.samples(language)) {
                if (place === limit) break;
                parts[place++ % 2 === 0 ? 'searched' : 'judged'].push(sample);
            }
        }
        if (parts.judged.length === 0) {
            const what = `has no two texts in a language other than ${without.join(', ')}`;
            throw new LanguageNeuronsError('EMPTY', `${corpus.name}: ${what}; give \`texts\` in other languages too`);
        }
        const known = new Map<string, Divergences>();
        const take = (entry: Divergences): unknown => known.set(entry.key, entry);
        const journal = await openJournals(divergencesJournal, { folder, shard: undefined, signal, progress, take });
        return new OtherTexts(options, languages, parts, { known, journal });
    }

    /** Texts of a part. */
    count(part: TextPart): number {
        return this.#texts[part].length;
    }

    /**
     * The mean of KL(whole model || state) over the tokens of one part of the texts, in nats, with its 95 % interval by
     * bootstrap over the texts.
     * @param words for the progress
     * @throws LanguageNeuronsError ABORTED and the engine's
     */
    async divergence(
        state: ModelState,
        part: TextPart,
        words: string,
    ): Promise<{ readonly value: number; readonly interval: CellInterval }> {
        const { engine } = this.#options;
        const texts = this.#texts[part];
        const key = keyOf({
            model: engine.fingerprint,
            settings: settingsOf('cells', engine.settings),
            state: state.name,
            texts: this.#digests[part],
        });
        const { divergences, tokens } = this.#known.get(key) ?? (await this.#measure(key, state, texts, words));
        const units = { numerators: Float64Array.from(divergences), weights: Float64Array.from(tokens) };
        const found = estimate(units, drawResamples(tokens.length), (mean) => mean);
        return { value: found.value, interval: bootstrapInterval(found) };
    }

    async #measure(key: string, state: ModelState, texts: readonly Sample[], words: string): Promise<Divergences> {
        const { engine, signal, progress } = this.#options;
        progress.stage(`KL divergence: ${words}`, texts.length);
        const scored = await steppingDown(engine, progress, () =>
            engine.score(asPrompts(engine, texts), { edit: state.edit, reference: engine, signal }),
        );
        progress.advance(texts.length, 2 * scored.decodedTokens);
        const some = scored.texts.filter((text) => text.tokens > 0);
        if (some.length === 0) {
            const { name } = this.#options.corpus;
            throw new LanguageNeuronsError('EMPTY', `${name}: has no token to score; give longer texts`);
        }
        const entry = {
            key,
            divergences: some.map(({ divergence = 0 }) => divergence),
            tokens: some.map((text) => text.tokens),
        };
        await this.#journal.add(entry);
        this.#known.set(key, entry);
        return entry;
    }
}
