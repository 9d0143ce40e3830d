import type { NativeFunction, NativeMode } from './addon.js';
import { type AnswerOptions, answerPrompts } from './answerPrompts.js';
import type { TextEdit } from './edits.js';
import { Engine } from './Engine.js';
import type { EngineOptions, GeneratedAnswer, Prompt, RunOptions, Samples } from './engineTypes.js';
import { type EngineInternals, loadEngine } from './loadEngine.js';

export interface MeasuredOptions extends EngineOptions, EngineInternals {}

/** An engine with what only tests and benchmarks ask for: other ways of counting, and work without results. */
export class MeasuredEngine extends Engine {
    static override async open(options: MeasuredOptions): Promise<MeasuredEngine> {
        return new MeasuredEngine(await loadEngine(options));
    }

    /**
     * Decodes samples and keeps nothing: the work that `count` adds to.
     * @param head compute the output head for the last token of each batch, for none, or for every token
     * @param count count activations all the same: what is added to the very same work
     * @param values add them up too
     */
    prefill(
        samples: Samples,
        options: RunOptions & {
            readonly head?: boolean | 'every';
            readonly count?: boolean;
            readonly values?: boolean;
            readonly edit?: TextEdit;
        } = {},
    ): Promise<number> {
        const { edit, head, count = false, values = false, signal } = options;
        const purpose = {
            count,
            values,
            head: head === 'every' ? 'unread' : head === false ? 'none' : 'logits',
        } as const;
        return this.passes.run(purpose, [edit], signal, () => this.passes.decodeAll(samples, options));
    }

    /** Activation functions of samples of one batch, as the eval callback meets them; see `callbackTensor`. */
    functions(samples: Samples): Promise<NativeFunction[]> {
        return this.passes.run({ count: true, head: 'none' }, [], undefined, async () => {
            await this.passes.decodeAll(samples, {});
            return this.passes.context.native.functions();
        });
    }

    override generate(
        prompts: Iterable<Prompt> | AsyncIterable<Prompt>,
        options: AnswerOptions = {},
    ): AsyncGenerator<GeneratedAnswer> {
        return answerPrompts(this.passes, prompts, options);
    }

    /** Splits of a mode's graph over the backends; equal with and without the adapter where nothing falls back. */
    graphSplits(mode: NativeMode): Promise<number> {
        return this.passes.graphSplits(mode);
    }
}
