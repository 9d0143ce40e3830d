import { z } from 'zod';
import { type CorpusSurvey, surveyCorpus } from '../activations/surveyCorpus.js';
import type { Corpus } from '../corpus/Corpus.js';
import type { Engine } from '../engine/Engine.js';
import { settingsOf } from '../engine/types/EngineSettings.js';
import { steppingDown } from '../engine/steppingDown.js';
import { LanguageNeuronsError } from '../errors.js';
import { openJournals } from '../experiments/metric/journals.js';
import { jsonNumber } from '../files/jsonNumber.js';
import type { Journal } from '../files/Journal.js';
import { asPrompts } from '../questions/templates/chatSamples.js';
import { sum } from '../support/averages.js';
import { keyOf } from '../support/keyOf.js';
import type { Progress, Work } from '../support/progress.js';

const sums = z.array(jsonNumber);
const counts = z.array(z.int().nonnegative());

/** A line of the journal: sums of one language in one file, by text. */
const scoresShape = z
    .object({
        key: z.string(),
        file: z.string(),
        language: z.string(),
        logProbabilities: sums,
        tokens: counts,
        /** Of KL(reference || file), in nats; 0 for the reference. */
        divergences: sums,
        /** Tokens before which both have the same likeliest token. */
        agreed: counts,
    })
    .refine(({ tokens, ...entry }) =>
        [entry.logProbabilities, entry.divergences, entry.agreed].every(({ length }) => length === tokens.length),
    );
export type FileScores = z.output<typeof scoresShape>;

/** Where finished languages are kept. */
const scoresJournal = { name: 'quants.scores.jsonl', shape: scoresShape };

interface ScoresOptions extends Work {
    readonly corpus: Corpus;
    readonly folder: string;
}

/** Measures files on the same texts; a language that the journal has is not measured again. */
export class ScoredFiles {
    readonly #options: ScoresOptions;
    readonly #survey: CorpusSurvey;
    readonly #known: Map<string, FileScores>;
    readonly #journal: Journal<FileScores>;

    private constructor(
        options: ScoresOptions,
        survey: CorpusSurvey,
        known: Map<string, FileScores>,
        journal: Journal<FileScores>,
    ) {
        [this.#options, this.#survey, this.#known, this.#journal] = [options, survey, known, journal];
    }

    /** @throws LanguageNeuronsError EMPTY, NOT_FOUND, ABORTED */
    static async open(options: ScoresOptions): Promise<ScoredFiles> {
        const { corpus, folder, signal, progress } = options;
        const survey = await surveyCorpus(corpus, signal);
        const known = new Map<string, FileScores>();
        const take = (entry: FileScores): unknown => known.set(entry.key, entry);
        const journal = await openJournals(scoresJournal, { folder, shard: undefined, signal, progress, take });
        return new ScoredFiles(options, survey, known, journal);
    }

    /** The same, told to another progress. */
    with(progress: Progress): ScoredFiles {
        return new ScoredFiles({ ...this.#options, progress }, this.#survey, this.#known, this.#journal);
    }

    /** Characters of all languages: units of the progress of a file. */
    get characters(): number {
        return sum([...this.#survey.languages.values()], ({ characters }) => characters);
    }

    /** A hash of all texts. */
    get texts(): string {
        return this.#survey.hash;
    }

    /**
     * The scores of every language in a file.
     * @param engine of the file
     * @param reference of the reference; undefined: the file is the reference itself
     * @throws LanguageNeuronsError MISMATCH for a file of another vocabulary; EMPTY, ABORTED and the engine's
     */
    async of(engine: Engine, reference: Engine | undefined, file: string): Promise<FileScores[]> {
        const { corpus, progress } = this.#options;
        progress.whole?.(this.characters);
        const found: FileScores[] = [];
        for (const language of corpus.languages) {
            const { digest, characters } = this.#survey.languages.get(language)!;
            progress.stage(`${file}: ${language}`, characters);
            const key = keyOf({
                file: engine.fingerprint,
                reference: reference?.fingerprint,
                settings: settingsOf('cells', engine.settings),
                texts: digest,
            });
            const known = this.#known.get(key);
            if (known !== undefined) progress.advance(characters);
            const entry = known ?? (await this.#score(engine, reference, { key, file, language }));
            found.push(entry);
        }
        progress.done();
        return found;
    }

    async #score(
        engine: Engine,
        reference: Engine | undefined,
        named: Pick<FileScores, 'key' | 'file' | 'language'>,
    ): Promise<FileScores> {
        const { corpus, signal, progress } = this.#options;
        const onBatch = (tokens: number, read: number): void => progress.advance(read, tokens);
        const { texts, tokens } = await steppingDown(engine, progress, () =>
            engine.score(asPrompts(engine, corpus.samples(named.language)), { signal, reference, onBatch }),
        );
        if (tokens === 0) {
            const what = `${corpus.name}: language ${named.language} has no token to score`;
            throw new LanguageNeuronsError('EMPTY', `${what}; give it longer texts`);
        }
        const scored = texts.filter((text) => text.tokens > 0); // one of a single token says nothing
        const entry: FileScores = {
            ...named,
            logProbabilities: scored.map(({ logProbability }) => logProbability),
            tokens: scored.map((text) => text.tokens),
            divergences: scored.map(({ divergence = 0 }) => divergence),
            agreed: scored.map((text) => text.agreed ?? text.tokens),
        };
        await this.#journal.add(entry);
        this.#known.set(entry.key, entry);
        return entry;
    }
}
