import type { Sample } from '../../corpus/Corpus.js';
import { type ChatModel, chatWriter, type ChatWriter } from './chatTemplate.js';
import { clockAt } from './templateClock.js';

const mend = 'give texts as "text", or as "prompt" and "response", instead of conversations';
/** The date for templates that write it: always the same, so that counts can be continued and compared. */
const clock = clockAt('2026-01-01');

const writers = new WeakMap<ChatModel['info'], ChatWriter>();

/** One template's process for all samples of a model. It ends by itself when it is idle. */
function writerOf(model: ChatModel): ChatWriter {
    const known = writers.get(model.info) ?? chatWriter(model, mend, clock);
    writers.set(model.info, known);
    return known;
}

/**
 * Turns conversations into samples with a prompt: the model's chat template writes the messages before the answer.
 * @throws LanguageNeuronsError UNSUPPORTED where the model has no template that takes a conversation
 */
export async function* asPrompts(
    model: ChatModel,
    samples: AsyncIterable<Sample> | Iterable<Sample>,
): AsyncGenerator<Sample> {
    for await (const sample of samples) {
        const { turns, ...plain } = sample;
        if (turns === undefined) yield sample;
        else yield { ...plain, prompt: await writerOf(model).write(turns), special: true };
    }
}
