import { Engine } from '../engine/Engine.js';
import { openQuestions } from '../questions/openQuestions.js';
import { openTemplate } from '../questions/promptTemplates.js';
import { respond } from '../questions/respond.js';
import { type CommandContext, type CommandResult, type ModelArguments, engineOptions, parseLanguages } from './shared.js';

/** Room for the KV cells of many answers at once, where the user does not say. */
const defaultContextSize = 8192;

export interface RespondArguments extends ModelArguments {
    questions: string;
    languages: string | undefined;
    template: string;
    out: string;
    limit: number | undefined;
    answers: number;
    maxTokens: number;
    temperature: number;
    seed: number;
    contextSize: number | undefined;
}

/** `respond`: answers to the questions of a folder, into a JSON file that `collect` reads. */
export async function respondCommand(args: RespondArguments, { signal, progress }: CommandContext): Promise<CommandResult> {
    const { limit, answers, maxTokens, temperature, seed, out } = args;
    const questions = await openQuestions(args.questions, { languages: parseLanguages(args.languages) });
    const template = await openTemplate(args.template);
    const engine = await Engine.open({ ...engineOptions(args), contextSize: args.contextSize ?? defaultContextSize });
    try {
        const result = await respond({ engine, questions, template, path: out, limit, answers, maxTokens, temperature, seed, signal, progress });
        const { generatedTokens, seconds } = result;
        return {
            json: { questions: result.questions.length, answers: result.questions.length * answers, generatedTokens, seconds, tokensPerSecond: generatedTokens / seconds },
            text: `${result.questions.length * answers} answers are in ${out} (${generatedTokens} tokens in ${seconds.toFixed(1)} s)`,
        };
    } finally {
        engine.close();
    }
}
