import { isOwn } from '../activations/Shard.js';
import type { Engine } from '../engine/Engine.js';
import type { Prompt } from '../engine/engineTypes.js';
import { steppingDown } from '../engine/steppingDown.js';
import { LanguageNeuronsError } from '../errors.js';
import { checkSettings } from '../settings/checkSetting.js';
import { accuracyTable, questionTable } from '../settings/settings.js';
import { defined } from '../support/defined.js';
import { formatPointsChange, formatShare } from '../support/format.js';
import { keyOf } from '../support/keyOf.js';
import { datedTemplate } from '../questions/datedTemplate.js';
import type { PromptTemplate } from '../questions/PromptTemplate.js';
import { promptKey } from '../questions/promptKey.js';
import { type ModelState, wholeModel } from '../interventions/ModelState.js';
import type { Question } from '../questions/Questions.js';
import {
    AccuracyAnswers,
    type AccuracyPlan,
    accuracyPlanShape,
    answersJournal,
    answerShape,
    type JournalledAnswer,
} from './accuracyAnswers.js';
import { DraftCount, wholeAnswers } from './draftAnswers.js';
import { openJournals, readJournals } from './journals.js';
import type { Metric, QuestionMetricKind, QuestionMetricOptions } from './Metric.js';
import { shareIntervals } from './shareIntervals.js';
import { noteUnknownLanguages } from './unknownLanguages.js';

/** A question with its prompt. */
interface AskedQuestion {
    readonly question: Question;
    readonly text: string;
    /** Names question, model and settings; see `promptKey`. */
    readonly key: string;
    /** Asked under every condition, not of the whole model alone. */
    readonly ofAll: boolean;
}

/** Share of questions that are answered rightly. */
export const accuracy: QuestionMetricKind = {
    name: 'accuracy',
    inputs: 'questions',
    noun: 'accuracy',
    plural: 'accuracies',
    definition: 'The share of questions that are answered rightly. Lower is worse.',
    measures: 'accuracy of answers to the questions',
    harm: -1,
    relative: false,
    unit: 'percentage points',
    samples: 'Questions',
    axis: { format: '.0%', least: 0.1 },
    paper:
        'Corresponds to figs. 2 and 6–13 of the paper. An answer is right where its number is right and it is in the ' +
        'language of the question.',
    formatValue: formatShare,
    formatChange: formatPointsChange,
    formatEffect: formatPointsChange,
    formatPlain: (value) => `${(100 * value).toFixed(1)} %`,
    intervals: shareIntervals,
    journal: { name: answersJournal, shape: answerShape },
    planShape: accuracyPlanShape,
    fromMean: () => (mean) => mean,
    settingsOf: (questions, { template, maxTokens, rule, judge }: AccuracyPlan) => ({
        questions,
        template,
        maxTokens,
        rule,
        ...defined({ judge }),
    }),
    measurementsOf: (plan: AccuracyPlan, conditions, folder) => new AccuracyAnswers(plan, conditions, folder),
    on: accuracyMetric,
};

/**
 * Share of questions answered rightly: with the right number, in the language asked (figs. 2b, 10-13). Languages that
 * the detector does not know are noted.
 * Answers are greedy; those of all conditions are generated together, and stay in
 * `accuracy.answers.jsonl`: `{key, condition, language, index, text, tokens, promptTokens, end}`, a line each.
 */
export function accuracyMetric({
    questions,
    template: undated,
    date: given,
    limit,
    wholeLimit = limit,
    maxTokens = questionTable.maxTokens.default,
    rule = accuracyTable.number.default,
    judge: judgedBy = accuracyTable.judge.default,
    draftsOf,
}: QuestionMetricOptions): Metric {
    checkSettings(
        { date: given, limit, wholeLimit, maxTokens, number: rule, judge: judgedBy },
        { ...questionTable, ...accuracyTable },
    );
    checkLimits(limit, wholeLimit);
    const { name, languages, sources } = questions;
    const judge = judgedBy === 'number' ? judgedBy : undefined; // the default has no name in files
    return {
        kind: accuracy,
        languages,
        settings: { questions: name, template: undated.name, maxTokens, rule, ...defined({ judge }) },
        source: name,
        async measure(conditions, { engine, folder, known, shard, signal, progress }) {
            noteUnknownLanguages(questions, judgedBy, progress);
            const kept = async (): Promise<string | undefined> =>
                (await dateOf(folder, signal)) ??
                (draftsOf === undefined ? undefined : await dateOf(draftsOf.folder, signal));
            const { template, date } = await datedTemplate(undated, { given, kept, progress });
            const asked = await askedQuestions(engine, template);
            const answers = new AccuracyAnswers(planOf(asked, engine), [...conditions, ...known], folder);
            const drafts = new Map<string, string>(); // the whole model's answers, by prompt
            const take = (answer: JournalledAnswer): void => {
                answers.take(answer);
                if (answer.condition === wholeModel.name) drafts.set(answer.key.split('/')[0]!, answer.text);
            };
            const journal = await openJournals(
                {
                    folder,
                    name: answersJournal,
                    shard,
                    signal,
                    progress,
                    take,
                },
                answerShape,
            );

            // A shard asks its questions under all conditions: beside each other stands what would without shards.
            const own = [...answers.places].filter((_, place) => isOwn(shard, place));
            const ownPlaces = own.flatMap(([, places]) => places);
            const count = (is: (condition: ModelState, place: number) => boolean): number =>
                conditions
                    .map((condition) => ownPlaces.filter((place) => is(condition, place)).length)
                    .reduce((sum, found) => sum + found, 0);
            const total = count((condition, place) => answers.isAsked(condition, place));
            const open = count((condition, place) => answers.isOpen(condition, place));
            progress.whole?.(total);
            progress.stage(accuracy.noun, total);
            if (open < total) {
                progress.note(`continues after ${total - open} of ${total} answers`);
                progress.advance(total - open);
            }
            // On a processor, batches of many answers gain nothing by drafts; see `draftTokens` of answerPrompts.
            const drafting = engine.backends.gpus.length > 0;
            const others = drafting ? await answersOfOther(engine, asked, signal) : undefined;
            const [byWhole, byOther] = [new DraftCount("the whole model's"), new DraftCount("the base's")];
            for (const together of groupsOf(conditions, drafting)) {
                const edits = together.map(({ edit }) => edit);
                await steppingDown(engine, progress, async () => {
                    for await (const {
                        prompt: place,
                        edit,
                        text,
                        tokens,
                        promptTokens,
                        end,
                        ...drafted
                    } of engine.generate(todo(together), { edits, maxTokens, signal })) {
                        (together[edit]!.name === wholeModel.name ? byOther : byWhole).add(drafted);
                        const {
                            key,
                            question: { language, index },
                        } = asked[place]!;
                        const condition = together[edit]!.name;
                        const answer = {
                            key: `${key}/${condition}`,
                            condition,
                            language,
                            index,
                            text,
                            ...{ tokens, promptTokens, end },
                            ...(date === undefined ? {} : { date }),
                        };
                        await journal.add(answer);
                        take(answer);
                        progress.advance(answers.places.get(key)!.length);
                    }
                });
            }
            for (const line of [byOther.describe(), byWhole.describe()]) if (line !== undefined) progress.note(line);
            progress.done();
            return answers;

            /** Prompts without an answer, question by question, so that conditions that share one are side by side. */
            function* todo(together: readonly ModelState[]): Generator<Prompt> {
                for (const [key, [place]] of own) {
                    const {
                        text,
                        question: { language },
                    } = asked[place!]!;
                    for (const [edit, condition] of together.entries()) {
                        if (!answers.isOpen(condition, place!)) continue;
                        const known = condition.name === wholeModel.name ? others?.get(key) : drafts.get(key);
                        const draft = drafting ? known : undefined;
                        const stops = template.stops(language);
                        yield { text, id: place!, edit, special: template.special, stops, draft };
                    }
                }
            }
        },
    };

    function planOf(
        asked: readonly AskedQuestion[],
        { settings: { batch, device }, contextSize: context }: Engine,
    ): AccuracyPlan {
        return {
            metric: accuracy.name as AccuracyPlan['metric'],
            languages,
            sources,
            template: undated.name,
            maxTokens,
            rule,
            ...defined({ judge }),
            batch,
            context,
            device,
            texts: keyOf(asked.map(({ question: { language, text, answer } }) => [language, text, answer])),
            questions: asked.map(({ key, question: { language, answer }, ofAll }) => ({
                key,
                language,
                answer,
                ofAll,
            })),
        };
    }

    /** The drafting model's, by the keys of our own answers. */
    async function answersOfOther(
        { settings, contextSize }: Engine,
        asked: readonly AskedQuestion[],
        signal: AbortSignal | undefined,
    ): Promise<ReadonlyMap<string, string>> {
        if (draftsOf === undefined) return new Map();
        const other = { fingerprint: draftsOf.fingerprint, settings, contextSize };
        const names = new Map(asked.map(({ question, text, key }) => [keyOfPrompt(other, question, text), key]));
        return wholeAnswers(draftsOf.folder, names, signal);
    }

    async function askedQuestions(engine: Engine, template: PromptTemplate): Promise<AskedQuestion[]> {
        const asked: AskedQuestion[] = [];
        for (const language of languages) {
            for (const [i, question] of (await questions.inLanguage(language)).slice(0, wholeLimit).entries()) {
                const text = await template.write(question);
                const key = keyOfPrompt(engine, question, text);
                asked.push({ question, text, key, ofAll: i < (limit ?? Infinity) });
            }
        }
        return asked;
    }

    function keyOfPrompt(model: Parameters<typeof promptKey>[0], { language }: Question, text: string): string {
        const stops = undated.stops(language);
        return promptKey(model, { language, text, special: undated.special, stops, maxTokens });
    }
}

/** The day of the last answers in a folder's journals. */
async function dateOf(folder: string, signal: AbortSignal | undefined): Promise<string | undefined> {
    let found: string | undefined;
    const take = ({ date }: JournalledAnswer): void => void (found = date ?? found);
    await readJournals({ folder, name: answersJournal, signal, take }, answerShape);
    return found;
}

/** All at a time; the whole model by itself and first, where its answers foretell the others'. */
function groupsOf(conditions: readonly ModelState[], wholeFirst: boolean): ModelState[][] {
    const isApart = ({ name }: ModelState): boolean => wholeFirst && name === wholeModel.name;
    const groups = [conditions.filter(isApart), conditions.filter((other) => !isApart(other))];
    return groups.filter(({ length }) => length > 0);
}

function checkLimits(limit: number | undefined, wholeLimit: number | undefined): void {
    if (limit === undefined || wholeLimit === undefined || wholeLimit >= limit) return;
    throw new LanguageNeuronsError(
        'WRONG_USE',
        `\`wholeLimit\` must be at least \`limit\`, ${limit}, not ${wholeLimit}`,
    );
}
