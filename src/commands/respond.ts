import { noteUnknownLanguages } from '../experiments/unknownLanguages.js';
import { openQuestions } from '../questions/openQuestions.js';
import { openTemplate } from '../questions/promptTemplates.js';
import { respond } from '../questions/respond.js';
import { type AnsweredShares, answeredShares } from '../experiments/answeredShares.js';
import type { CommandArguments, CommandContext, CommandResult } from './CommandDeclaration.js';
import type { respondDeclaration } from './declarations.js';
import { openEngine, toEngineOptions } from './openModel.js';

/** `respond`: answers to questions, into a JSON file that `collect` reads. */
export async function respondCommand(
    args: CommandArguments<typeof respondDeclaration>,
    { signal, progress }: CommandContext,
): Promise<CommandResult> {
    const { limit, answers, maxTokens, temperature, seed, out } = args;
    const questions = await openQuestions(args.data, { languages: args.languages, signal, progress });
    noteUnknownLanguages(questions, 'number+language', progress, 'see the share of right numbers alone');
    const engine = await openEngine({ ...toEngineOptions(args), contextSize: args.contextSize }, { signal, progress });
    try {
        const template = await openTemplate(args.template, engine);
        const result = await respond({
            engine,
            questions,
            template,
            date: args.date,
            path: out,
            limit,
            answers,
            maxTokens,
            temperature,
            seed,
            fresh: args.fresh,
            signal,
            progress,
        });
        const { generatedTokens, seconds } = result;
        const shares = answeredShares(
            result.questions.map((question, i) => ({ ...question, language: result.languages[i]! })),
        );
        return {
            json: {
                questions: result.questions.length,
                answers: result.questions.length * answers,
                generatedTokens,
                seconds,
                tokensPerSecond: generatedTokens / seconds,
                languages: Object.fromEntries(shares),
            },
            text: [
                ...[...shares].map(([language, found]) => describe(language, found)),
                `${result.questions.length * answers} answers are in ${out} ` +
                    `(${generatedTokens} tokens in ${seconds.toFixed(1)} s)`,
            ].join('\n'),
        };
    } finally {
        engine.close();
    }
}

function describe(language: string, { right, number, unknownLanguage, cut, answers }: AnsweredShares): string {
    const percent = (share: number): string => `${(100 * share).toFixed(1)} %`;
    const more = [
        `right number alone ${percent(number)}`,
        ...(unknownLanguage > 0 ? [`of which in an unknown language ${percent(unknownLanguage)}`] : []),
        ...(cut > 0 ? [`cut off ${percent(cut)}`] : []),
    ];
    return `${language}  ${percent(right)} of ${answers} right in number and language (${more.join(', ')})`;
}
