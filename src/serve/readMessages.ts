import type { ContinuousBatching } from '../engine/answers/ContinuousBatching.js';
import { Turns } from '../support/Turns.js';
import { sum } from '../support/averages.js';
import { tooLong } from './checkRequest.js';
import { type ChatMessage, readMessage } from './requestShapes.js';

/** What a template may leave out of a conversation, such as thoughts, beside what it writes: times what can fit. */
const leftOut = 4;

/**
 * Messages of a conversation that may fit into a request.
 * @throws ApiError 400
 */
export async function readMessages(given: readonly unknown[], batching: ContinuousBatching): Promise<ChatMessage[]> {
    const { requestSize, texts } = batching;
    if (given.length > requestSize)
        throw tooLong(`${given.length} messages are more than the ${requestSize} tokens of a request`);
    const most = leftOut * requestSize * texts.longest;
    const turns = new Turns();
    const messages: ChatMessage[] = [];
    let characters = 0;
    for (const [i, one] of given.entries()) {
        const message = readMessage(one, ['messages', i]);
        characters += lengthOf(message);
        if (characters > most)
            throw tooLong(`messages: they have more than ${most} characters; a request has ${requestSize} tokens`);
        messages.push(message);
        if (turns.due) await turns.give();
    }
    return messages;
}

/** Characters of a message. */
export function lengthOf({ content }: ChatMessage): number {
    return typeof content === 'string' ? content.length : sum(content, ({ text }) => text.length);
}
