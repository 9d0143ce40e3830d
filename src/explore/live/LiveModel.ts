import type { Activations } from '../../activations/Activations.js';
import { readActivations } from '../../activations/activationsFile.js';
import type { TextEdit } from '../../engine/types/edits.js';
import type { Engine } from '../../engine/Engine.js';
import type { TokenTexts } from '../../engine/passes/TokenTexts.js';
import { checkModel } from '../../experiments/conditions/checkFit.js';
import { locator } from '../../neurons/analysis/flatIndex.js';
import { analysisSites, type NeuronAnalysis, type NeuronIndex } from '../../neurons/analysis/NeuronAnalysis.js';
import { analysedLanguage, neuronsOf } from '../../neurons/sets/neuronsOf.js';
import { inRankedOrder, neuronsOfShare, type Ranking, rankNeurons } from '../../neurons/scores/rankNeurons.js';
import { neuronsPath, readNeurons } from '../../neurons/analysis/neuronsFile.js';
import { neuronsAt } from '../../engine/types/Site.js';
import { type ChatWriter, chatWriter } from '../../questions/templates/chatTemplate.js';
import { checkSettings } from '../../settings/checkSetting.js';
import { ApiError } from '../../serve/ApiError.js';
import { sum } from '../../support/averages.js';
import { textPieces } from '../../support/textPieces.js';
import { tokenText } from '../../support/tokenText.js';
import type { LiveFacts, LiveSet, TokenTrace } from './liveFormat.js';
import { WatchedLanguages } from './WatchedLanguages.js';

/** Tokens of a question and its answer: both sides of it are in memory at once. */
const mostTogether = 1024;
const mostText = 512;
const mostAnswer = 256;

export interface LiveOptions {
    readonly engine: Engine;
    /** Texts on which removing a neuron is measured, as `openCorpus` takes them. */
    readonly data: readonly string[];
    /** Take the neurons for those of another model of the same shape. Default false. */
    readonly otherModel?: boolean | undefined;
}

/** The model of a run, open, and what of its run the live pages need. It does not close the engine. */
export class LiveModel implements Disposable {
    readonly engine: Engine;
    readonly data: readonly string[];
    readonly analysis: NeuronAnalysis;
    readonly texts: TokenTexts;
    /** Undefined: the model has no chat template. */
    readonly writer: ChatWriter | undefined;
    readonly facts: LiveFacts;
    readonly #watched: WatchedLanguages;
    /** Specific and related neurons alone. */
    readonly #ranked: Ranking['perLanguage'];
    readonly #locate: (flat: number) => NeuronIndex;
    readonly #total: number;

    private constructor(
        { engine, data }: LiveOptions,
        analysis: NeuronAnalysis,
        activations: Activations,
        texts: TokenTexts,
    ) {
        this.engine = engine;
        this.data = data;
        this.analysis = analysis;
        this.texts = texts;
        this.writer = engine.info.chatTemplate === '' ? undefined : chatWriter(engine, 'ask without it');
        this.#watched = new WatchedLanguages(activations, analysis);
        const ranking = rankNeurons(activations, analysis);
        const selected = analysis.languages.map((language) => {
            const neurons = neuronsOf(analysis, language, 'specific+related');
            return [language, inRankedOrder(ranking, language, neurons)] as const;
        });
        this.#ranked = Object.fromEntries(selected);
        const widths = analysisSites(analysis).map(neuronsAt);
        this.#locate = locator(widths);
        this.#total = sum(widths);
        const together = Math.min(mostTogether, engine.windowSize);
        this.facts = {
            mostTokens: Math.min(mostText, Math.floor(together / 2)),
            mostAnswer: Math.min(mostAnswer, Math.floor(together / 4)),
            chat: this.writer !== undefined,
            shares: this.#watched.shares,
        };
    }

    /** @throws LanguageNeuronsError NOT_FOUND, DAMAGED; MISMATCH for neurons of another model, or of other counts */
    static async open(folder: string, options: LiveOptions): Promise<LiveModel> {
        checkSettings(options, {}, { engine: true, data: true, otherModel: true });
        const analysis = await readNeurons(neuronsPath(folder));
        checkModel({ ...options, analysis });
        const activations = await readActivations(folder);
        return new LiveModel(options, analysis, activations, await options.engine.tokenTexts());
    }

    /** @throws ApiError 400 for a flat index that the model has not */
    neuronAt(flat: number): NeuronIndex {
        if (flat >= this.#total)
            throw new ApiError(400, `the model has no neuron ${flat}; it has ${this.#total}, from 0`);
        return this.#locate(flat);
    }

    /**
     * A share of a language's neurons, those that its dose curves deactivate first; see `rankNeurons`.
     * @param share of their number, 0 to 1
     * @throws LanguageNeuronsError NOT_FOUND for a language that was not analysed
     */
    firstOf(language: string, set: LiveSet, share: number): NeuronIndex[] {
        const neurons = neuronsOf(this.analysis, language, set);
        const analysed = analysedLanguage(this.analysis, language);
        const ranked = inRankedOrder({ perLanguage: this.#ranked }, analysed, neurons);
        return ranked.slice(0, neuronsOfShare(ranked.length, share));
    }

    /** @throws ApiError 400 for a text of too many tokens, or none */
    async tokenize(text: string, special = false): Promise<Int32Array> {
        const tokens = await this.engine.tokenize(text, { special });
        const { mostTokens } = this.facts;
        if (tokens.length === 0) throw new ApiError(400, 'the text is empty; write some');
        if (tokens.length > mostTokens)
            throw new ApiError(400, `the text has ${tokens.length} tokens; give at most ${mostTokens}`);
        return tokens;
    }

    /**
     * What fires at each token behind the prompt.
     * @param tokens without BOS, which is put in front of them
     */
    async trace(tokens: Int32Array, promptLength: number, edit: TextEdit, signal: AbortSignal): Promise<TokenTrace> {
        const sample = { tokens, promptLength, characters: tokens.length };
        const { neurons } = this.#watched;
        const own = tokens.subarray(promptLength);
        let values: Float32Array = new Float32Array(0);
        // An answer may have no token.
        if (own.length > 0 && neurons.length > 0)
            for await (const text of this.engine.watch([sample], { neurons, edit, signal })) values = text.values;
        const written = Array.from(own, (token) => tokenText(this.texts.bytesOf(token, true)));
        return { pieces: textPieces(written), ...(await this.#watched.trace(values)) };
    }

    /** Ends the process of the chat template. */
    [Symbol.dispose](): void {
        this.writer?.close();
    }
}
