import { Template } from '@huggingface/jinja';
import { LanguageNeuronsError } from '../errors.js';
import type { PromptTemplate } from './promptTemplates.js';

/** What a model says of its chats. */
export interface ChatModel {
    /** Path, for messages. */
    readonly path: string;
    readonly info: { readonly chatTemplate: string; readonly bosText: string; readonly eosText: string };
}

/**
 * The model's own chat template: the question is what the user says, the answer is the assistant's.
 * @throws LanguageNeuronsError UNSUPPORTED where the model has none, or one that cannot be used
 */
export function chatTemplate({ path, info }: ChatModel): PromptTemplate {
    if (info.chatTemplate === '') throw new LanguageNeuronsError('UNSUPPORTED', `${path}: has no chat template; use another --template, such as mathoctopus`);
    const write: PromptTemplate['write'] = ({ text }) => {
        try {
            return new Template(info.chatTemplate).render({
                messages: [{ role: 'user', content: text }], add_generation_prompt: true, bos_token: info.bosText, eos_token: info.eosText,
            });
        } catch (cause) {
            throw new LanguageNeuronsError('UNSUPPORTED', `${path}: its chat template cannot be used (${(cause as Error).message.split('\n')[0]}); use another --template, such as mathoctopus`, { cause });
        }
    };
    write({ language: 'en', text: '1 + 1?' }); // tells now, not after hours
    return { name: 'chat', special: true, write, stops: () => [] };
}
