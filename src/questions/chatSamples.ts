import type { Sample } from '../corpus/Corpus.js';
import { type ChatModel, chatWriter, type ChatWriter } from './chatTemplate.js';
import { clockAt } from './templateClock.js';

const mend = 'give texts of "text", or of "prompt" and "response", in the place of conversations';
/** What a template that writes the date is told: the same on every day, so that counts can go on and be compared. */
const clock = clockAt('2026-01-01');

const writers = new WeakMap<ChatModel['info'], ChatWriter>();

/** One template's process for all samples of a model; it ends by itself when nothing is asked of it. */
function writerOf(model: ChatModel): ChatWriter {
    const known = writers.get(model.info) ?? chatWriter(model, mend, clock);
    writers.set(model.info, known);
    return known;
}

/**
 * Samples as the model reads them: what is said before an answer becomes a prompt by its chat template.
 * @throws LanguageNeuronsError UNSUPPORTED where there is a conversation and the model has no template that takes it
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
