import { noteUnknownLanguages } from '../experiments/answerMetrics/unknownLanguages.js';
import { openQuestions } from '../questions/sources/openQuestions.js';
import { openTemplate } from '../questions/templates/promptTemplates.js';
import { respond } from '../questions/respond.js';
import { type AnsweredShares, answeredShares } from '../experiments/answerMetrics/answeredShares.js';
import { formatPlainShare } from '../support/format.js';
import { alignedTable } from './words/alignedTable.js';
import type { CommandOf } from './arguments/CommandDeclaration.js';
import type { respondDeclaration } from './arguments/declarations.js';
import { openEngine, toEngineOptions } from './process/openModel.js';

/** `respond`: answers to questions, into a JSON file that `collect` reads. */
export const respondCommand: CommandOf<typeof respondDeclaration> = async (args, { signal, progress }) => {
    const { limit, answers, maxTokens, temperature, seed, out } = args;
    const questions = await openQuestions(args.data, { languages: args.languages, signal, progress });
    const isNumbered = questions.unnumbered !== true;
    if (isNumbered)
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
            result.questions.flatMap(({ answer, answers: given }, i) =>
                answer === undefined ? [] : [{ language: result.languages[i]!, answer, answers: given }],
            ),
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
                ...(isNumbered ? [sharesTable(shares)] : []),
                `${result.questions.length * answers} answers are in ${out} ` +
                    `(${generatedTokens} tokens in ${seconds.toFixed(1)} s)`,
            ].join('\n'),
        };
    } finally {
        engine.close();
    }
};

function sharesTable(shares: ReadonlyMap<string, AnsweredShares>): string {
    const all = [...shares.values()];
    const columns = [
        { heading: 'answers', of: ({ answers }: AnsweredShares) => String(answers) },
        { heading: 'right in number and language', of: ({ right }: AnsweredShares) => formatPlainShare(right) },
        { heading: 'right number', of: ({ number }: AnsweredShares) => formatPlainShare(number) },
        ...(all.some(({ unknownLanguage }) => unknownLanguage > 0)
            ? [{ heading: 'unknown language', of: (found: AnsweredShares) => formatPlainShare(found.unknownLanguage) }]
            : []),
        ...(all.some(({ cut }) => cut > 0)
            ? [{ heading: 'cut off', of: ({ cut }: AnsweredShares) => formatPlainShare(cut) }]
            : []),
    ];
    return alignedTable(
        [{ heading: 'language' }, ...columns.map(({ heading }) => ({ heading, right: true }))],
        [...shares].map(([language, found]) => [language, ...columns.map(({ of }) => of(found))]),
    );
}
