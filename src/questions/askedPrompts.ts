import type { Engine } from '../engine/Engine.js';
import { settingsOf } from '../engine/types/EngineSettings.js';
import { keyOf } from '../support/keyOf.js';
import type { PromptTemplate } from './templates/PromptTemplate.js';
import type { Question, Questions } from './sources/Questions.js';

/** A question with its prompt. */
export interface AskedPrompt {
    readonly question: Question;
    /** Among the questions of its language, from 0. */
    readonly place: number;
    /** The whole prompt. */
    readonly text: string;
    /** Whether special tokens spelled out in the prompt are these tokens. */
    readonly special: boolean;
    /** Texts before which an answer ends, besides the model's own end. */
    readonly stops: readonly string[];
}

/**
 * The prompts of questions, language by language.
 * @param limit most questions of each language; the first ones are taken. Default: all
 */
export async function askedPrompts(
    questions: Questions,
    template: PromptTemplate,
    limit: number | undefined,
): Promise<AskedPrompt[]> {
    const { special } = template;
    const asked: AskedPrompt[] = [];
    for (const language of questions.languages) {
        for (const [place, question] of (await questions.inLanguage(language)).slice(0, limit).entries()) {
            const text = await template.write(question);
            asked.push({ question, place, text, special, stops: template.stops(language) });
        }
    }
    return asked;
}

/** What shapes the answers to a prompt, besides model and engine. */
export interface AnswerSettings {
    readonly maxTokens: number;
    /** For drawn answers: their number, temperature and seed. */
    readonly drawn?:
        | { readonly answers: number; readonly temperature: number; readonly seed: number; readonly id: number }
        | undefined;
}

/**
 * Identifies the answers to a prompt. The sizes of batch and KV cache do, because they
 * decide what is computed side by side, and so the last bits.
 */
export function promptKey(
    engine: Pick<Engine, 'fingerprint' | 'settings' | 'contextSize'>,
    { question: { language }, text, special, stops }: AskedPrompt,
    answers: AnswerSettings,
): string {
    const prompt = { language, text, special, stops };
    const settings = settingsOf('answers', engine.settings);
    const model = engine.fingerprint;
    return keyOf({ answers: 1, model, settings, context: engine.contextSize, ...prompt, ...answers });
}

/** A number that depends on the question alone. With the seed it decides what is drawn. */
export function questionId({ language, index }: Pick<Question, 'language' | 'index'>): number {
    return [...language].reduce((sum, letter) => sum * 31 + letter.charCodeAt(0), 0) * 1_000_000 + index;
}
