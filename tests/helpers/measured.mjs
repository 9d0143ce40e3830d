/** @import { EngineOptions, RunOptions, Samples } from '../../src/engine/types/engineTypes.js' */
/** @import { GeneratedAnswer, Prompt } from '../../src/engine/types/engineTypes.js' */
/** @import { AnswerOptions } from '../../src/engine/answers/answerPrompts.js' */
/** @import { NativeFunction, NativeMode } from '../../src/engine/native/addon.js' */
/** @import { TextEdit } from '../../src/engine/types/edits.js' */
/** @import { Engine } from '../../src/engine/Engine.js' */
/** @import { EngineInternals } from '../../src/engine/loading/loadEngine.js' */

/** @typedef {EngineOptions & EngineInternals} MeasuredOptions */

/**
 * @typedef {object} Prefill
 * @property {boolean | 'every'} [head] compute the output head for the last token of each batch, for none, or for
 * every token
 * @property {boolean} [count] count activations all the same: what is added to the very same work
 * @property {boolean} [values] add them up too
 * @property {TextEdit} [edit]
 */

/**
 * @typedef {object} Measuring
 * @property {(samples: Samples, options?: RunOptions & Prefill) => Promise<number>} prefill decodes samples and keeps
 * nothing: the work that `count` adds to
 * @property {(mode: NativeMode) => Promise<number>} graphSplits splits of a mode's graph over the backends; equal with
 * and without the adapter where nothing falls back
 * @property {(samples: Samples) => Promise<NativeFunction[]>} functions activation functions of samples of one batch,
 * as the eval callback meets them; see `callbackTensor`
 * @property {(prompts: Iterable<Prompt> | AsyncIterable<Prompt>, options?: AnswerOptions) =>
 * AsyncGenerator<GeneratedAnswer>} generate
 */

/** @typedef {Engine & Measuring} MeasuredEngine */

/**
 * Engines with what only tests and benchmarks ask for: other ways of counting, and work without results.
 * @param {{ open(options: EngineOptions): Promise<Engine> }} from the class of `src`, or that of `dist`
 * @returns {{ open(options: MeasuredOptions): Promise<MeasuredEngine> }}
 */
export function measuredEngines(from) {
    return {
        async open(options) {
            const engine = await from.open(options);
            return Object.assign(engine, {
                prefill: (samples, more = {}) => prefill(engine.passes, samples, more),
                functions: (samples) => functions(engine.passes, samples),
                graphSplits: (mode) => engine.passes.graphSplits(mode),
            });
        },
    };
}

function prefill(passes, samples, options) {
    const { edit, head, count = false, values = false, signal } = options;
    const purpose = { count, values, head: head === 'every' ? 'unread' : head === false ? 'none' : 'logits' };
    return passes.run(purpose, [edit], signal, () => passes.decodeAll(samples, options));
}

function functions(passes, samples) {
    return passes.run({ count: true, head: 'none' }, [], undefined, async () => {
        await passes.decodeAll(samples, {});
        return passes.context.native.functions();
    });
}
