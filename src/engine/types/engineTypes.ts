import type { OptionsOf, ValueOf } from '../../settings/Setting.js';
import { type engineTable, type generateTable, type perplexityTable, questionTable } from '../../settings/settings.js';
import type { Progress } from '../../support/progress.js';
import type { TextEdit } from './edits.js';
import type { InputSquares } from './InputSquares.js';
import type { SiteCounts } from './SiteCounts.js';
import type { AnySample } from './TokenizedSample.js';

/** `auto` takes the best GPU backend that loads and has a device, else the CPU. */
export type GpuChoice = ValueOf<typeof engineTable.gpu>;
/** Matrix products with the weights on the CPU. */
export type Products = Exclude<ValueOf<typeof engineTable.products>, 'auto'>;
/** Those beside ggml's. */
export type OwnProducts = Exclude<Products, 'ggml'>;

/** The model, the settings of `engineTable`, and what the memory is for. @inline */
export interface EngineOptions extends OptionsOf<typeof engineTable> {
    /** Path of a GGUF file, or a URI that node-llama-cpp resolves, such as `hf:user/repo:Q4_K_M`. */
    readonly model: string;
    /** LoRA adapters in GGUF, with their scale (default 1). */
    readonly loras?: readonly { readonly path: string; readonly scale?: number | undefined }[] | undefined;
    /**
     * Tokens of the KV cache. Default: a window and a batch, which is what counting and scoring need; generation holds
     * as many sequences as fit.
     */
    readonly contextSize?: number;
    /** Windows, of `windowSize` tokens each, that the KV cache holds at least, from 1. Default 1. */
    readonly windows?: number;
    /** Reserve memory for counting only, none for the logits that scoring takes. Default: for both. */
    readonly countOnly?: boolean;
    /**
     * Counting adds up activations too, and counts them by bins: 65 numbers of 4 bytes a neuron on its device. Default
     * false.
     */
    readonly values?: boolean;
    /** Stops reading the model's file, which is read whole the first time. */
    readonly signal?: AbortSignal | undefined;
    /** Tells how far that is; while the engine is open, what comes of its memory too. */
    readonly progress?: Progress | undefined;
}

/** Texts to run through the model, some of them as tokens already. */
export type Samples = AsyncIterable<AnySample> | Iterable<AnySample>;

/** @inline */
export interface RunOptions {
    readonly signal?: AbortSignal | undefined;
    /** Called after each batch with the tokens decoded and the share that they are of the texts' characters. */
    readonly onBatch?: ((tokens: number, characters: number) => void) | undefined;
}

/** A part of each text; BOS belongs to none. */
export type ScoredPart = ValueOf<typeof perplexityTable.over>;

export interface ScoreOptions extends RunOptions {
    /** What becomes of activations. Default: the whole model. */
    readonly edit?: TextEdit;
    /** Tokens scored. Default: the response's. */
    readonly over?: ScoredPart | undefined;
}

/** @inline */
export interface LogitsOptions {
    /** What becomes of activations. Default: the whole model. */
    readonly edit?: TextEdit;
}

/** Counts of one pass, over `tokens` counted tokens. */
export interface CountResult extends SiteCounts {
    /** All tokens that went through the model, prompts and BOS among them. */
    readonly decodedTokens: number;
}

/** What went into the products of one pass. */
export interface InputSquaresResult {
    /** Of every matrix of weights in a layer, by name. */
    readonly entries: readonly InputSquares[];
    /** All tokens that went through the model, each with its inputs. */
    readonly decodedTokens: number;
}

/** The settings of `generateTable`, and under what conditions. @inline */
export interface GenerateOptions extends OptionsOf<typeof generateTable> {
    readonly signal?: AbortSignal | undefined;
    /**
     * Conditions that prompts name, side by side. Where memory does not hold all of them, those that it holds come
     * first and the others' prompts wait. Default: one, the whole model.
     */
    readonly edits?: readonly TextEdit[];
    /**
     * Prompts go on from what the KV cache has of earlier prompts and answers that begin alike, under the same edits:
     * of this call, and of calls with this option before it, unless another kind of call came between. Edits are the
     * same where they are the same objects. It changes the time, and the rounding of batches. Of no effect where the
     * model's memory takes no tokens back. Default false: each prompt is read from its beginning.
     */
    readonly prefixCaching?: boolean | undefined;
    /**
     * Called after each step with the answers that grew, their texts so far; what may still change of a text, such as
     * half a letter or the beginning of a stop, is in it too. A step is then one token.
     */
    readonly onGrowth?: ((answers: readonly GrowingAnswer[]) => void) | undefined;
}

/** A prompt; a text alone has its place in the list as its id. Ids and seed decide what is drawn, under every edit. */
export type Prompt =
    | string
    | {
          /** Text, or tokens; BOS is put before either where it is not there. */
          readonly text: string | Int32Array;
          readonly id: number;
          /** Place of its condition in `edits`. Default 0. */
          readonly edit?: number;
          /** Special tokens written out in the text are these tokens. Default: plain text; no matter for tokens. */
          readonly special?: boolean;
          /** An answer ends before the first of these. Default: none. */
          readonly stops?: readonly string[];
          /**
           * What the answer may turn out to be, such as the whole model's: computed many tokens at once, which changes
           * the time that it takes, and the answer no more than other prompts beside it do. Left aside where the
           * model's memory takes no tokens back. Default: none.
           */
          readonly draft?: string | undefined;
          /** Most of its tokens to take from the KV cache, with `prefixCaching`. Default: as many as are there. */
          readonly reuse?: number | undefined;
      };

/** A generated answer under way. */
export type GrowingAnswer = Pick<GeneratedAnswer, 'prompt' | 'answer' | 'edit' | 'text'>;

/** One generated answer. @inline */
export interface GeneratedAnswer {
    /** Id of the prompt, and which answer to it, from 0. */
    readonly prompt: number;
    readonly answer: number;
    /** The prompt's condition. */
    readonly edit: number;
    readonly text: string;
    /** Tokens drawn, without the one that ended it. */
    readonly tokens: number;
    /** Tokens of the prompt, decoded once for all answers to it; 0 but for the first answer. */
    readonly promptTokens: number;
    /** Tokens of the prompt that were in the KV cache already; 0 without `prefixCaching`. */
    readonly cachedTokens: number;
    /** Whether the model ended it, or `maxTokens` did. */
    readonly end: 'stop' | 'length';
    /** Tokens of the prompt's draft that were computed, and those of them that are the answer's. */
    readonly drafted: number;
    readonly accepted: number;
}

/** Score of one pass; perplexity is `exp(-logProbability / tokens)`. @inline */
export interface ScoreResult extends TextScore {
    /** The same of each text, in their order. */
    readonly texts: readonly TextScore[];
    readonly decodedTokens: number;
}

export interface TextScore {
    /** Sum of natural log-probabilities of the scored tokens. */
    readonly logProbability: number;
    readonly tokens: number;
    /** UTF-8 bytes of the texts that the scored tokens stand for (`tokenBytes`); 0 without a vocabulary. */
    readonly bytes: number;
    /**
     * Sum over the scored tokens of KL(reference || model) of the next-token distributions, over the whole vocabulary,
     * in nats; with a `reference` alone.
     */
    readonly divergence?: number | undefined;
    /** Scored tokens before which both models have the same likeliest token; with a `reference` alone. */
    readonly agreed?: number | undefined;
}

/** A context size for generation: the KV cells of many answers at once. */
export const generationContextSize: number = questionTable.contextSize.default;
