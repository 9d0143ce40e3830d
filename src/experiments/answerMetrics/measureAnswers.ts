import { isOwn } from '../../activations/Shard.js';
import type { Engine } from '../../engine/Engine.js';
import type { Prompt } from '../../engine/types/engineTypes.js';
import { steppingDown } from '../../engine/steppingDown.js';
import type { ModelState } from '../../interventions/ModelState.js';
import { type AskedPrompt, askedPrompts, promptKey } from '../../questions/askedPrompts.js';
import { datedTemplate } from '../../questions/templates/datedTemplate.js';
import { sum } from '../../support/averages.js';
import { defined } from '../../support/defined.js';
import { formatCount } from '../../support/format.js';
import { keyOf } from '../../support/keyOf.js';
import type { Progress } from '../../support/progress.js';
import { Drafts, wholeAnswers } from './draftAnswers.js';
import { questionSketches } from '../metric/evaluatedSketches.js';
import { openJournals, readJournals } from '../metric/journals.js';
import type { MeasureContext, QuestionMetricOptions } from '../metric/Metric.js';
import { answersJournal, type AnswersPlan, type JournalledAnswer, type QuestionAnswers } from './questionAnswers.js';

/** What is asked, with defaults, and the metric that judges it. */
export interface AnswerOptions extends Pick<
    QuestionMetricOptions,
    'questions' | 'template' | 'date' | 'limit' | 'wholeLimit' | 'draftsOf'
> {
    readonly maxTokens: number;
    readonly metric: string;
    /** The metric's own settings, for the plan. */
    readonly own: object;
    answersOf(plan: AnswersPlan, conditions: readonly ModelState[], folder: string): QuestionAnswers;
}

interface KeyedPrompt extends AskedPrompt {
    /** See `promptKey`. */
    readonly key: string;
}

/** Prompts of a shard, by their keys, and the places of their questions among all. */
type OwnPrompts = readonly (readonly [key: string, places: readonly number[]])[];

/**
 * Generates the answers to all questions under every condition, those of all conditions together. Answers that a
 * journal has are not generated again.
 * @throws LanguageNeuronsError those of questions, template and engine
 */
export async function measureAnswers(
    options: AnswerOptions,
    conditions: readonly ModelState[],
    { engine, folder, known, shard, signal, progress }: MeasureContext,
): Promise<QuestionAnswers> {
    const { template, date } = await datedTemplate(options.template, {
        given: options.date,
        kept: () => keptDate(options, folder, signal),
        progress,
    });
    const { questions, maxTokens, wholeLimit } = options;
    const prompts = (await askedPrompts(questions, template, wholeLimit)).map((prompt): KeyedPrompt => ({
        ...prompt,
        key: promptKey(engine, prompt, { maxTokens }),
    }));
    const answers = options.answersOf(planOf(options, prompts, engine), [...conditions, ...known], folder);
    // On a processor, batches of many answers gain nothing by drafts; see `draftTokens` of answerPrompts.
    const isDrafting = engine.backend.gpus > 0;
    const drafts = new Drafts(isDrafting ? await answersOfOther(options, engine, prompts, signal) : undefined);
    const take = (answer: JournalledAnswer): void => {
        answers.take(answer);
        drafts.take(answer);
    };
    const journal = await openJournals(answersJournal, { folder, shard, signal, progress, take });
    // A shard asks its questions under all conditions: answers side by side are the same as without shards.
    const own = [...answers.places].filter((_, place) => isOwn(shard, place));
    const advance = announced(answers, own, conditions, progress);
    for (const together of drafts.groupsOf(conditions)) {
        const edits = together.map(({ edit }) => edit);
        await steppingDown(engine, progress, async () => {
            const open = openPrompts(together, { answers, own, prompts, drafts });
            for await (const answer of engine.generate(open, { edits, maxTokens, signal })) {
                const condition = together[answer.edit]!;
                const { key, question } = prompts[answer.prompt]!;
                drafts.count(condition, answer);
                const { text, tokens, promptTokens, end } = answer;
                const { language, index } = question;
                const entry = {
                    key: `${key}/${condition.name}`,
                    condition: condition.name,
                    ...{ language, index, text, tokens, promptTokens, end },
                    ...defined({ date }),
                };
                await journal.add(entry);
                take(entry);
                advance(answers.places.get(key)!.length, tokens);
            }
        });
    }
    for (const line of drafts.describe()) progress.note(line);
    progress.done();
    return answers;
}

/** The day of the answers in the folder, or else of the draft answers. */
async function keptDate(
    { draftsOf }: AnswerOptions,
    folder: string,
    signal: AbortSignal | undefined,
): Promise<string | undefined> {
    let found: string | undefined;
    const take = ({ date }: JournalledAnswer): void => void (found = date ?? found);
    for (const from of [folder, ...(draftsOf === undefined ? [] : [draftsOf.folder])]) {
        if (found === undefined) await readJournals(answersJournal, { folder: from, signal, take });
    }
    return found;
}

/**
 * Tells the progress how many answers there are, and how many of them are finished.
 * @returns tells it of more finished ones, whatever their condition: those of all conditions come side by side
 */
function announced(
    answers: QuestionAnswers,
    own: OwnPrompts,
    conditions: readonly ModelState[],
    progress: Progress,
): (more: number, tokens?: number) => void {
    const places = own.flatMap(([, ofPrompt]) => ofPrompt);
    const count = (is: (condition: ModelState, place: number) => boolean): number =>
        sum(conditions, (condition) => places.filter((place) => is(condition, place)).length);
    const total = count((condition, place) => answers.isAsked(condition, place));
    let finished = 0;
    const advance = (more: number, tokens?: number): void => {
        finished += more;
        progress.position?.(`answer ${formatCount(finished)} of ${formatCount(total)}`);
        progress.advance(more, tokens);
    };
    const before = total - count((condition, place) => answers.isOpen(condition, place));
    progress.whole?.(total);
    progress.stage(answers.plan.metric, total);
    if (before > 0) progress.note(`continues after ${before} of ${total} answers`);
    if (before > 0) advance(before);
    return advance;
}

/** Prompts without an answer, question by question, so that conditions that share one are side by side. */
function* openPrompts(
    together: readonly ModelState[],
    {
        answers,
        own,
        prompts,
        drafts,
    }: { answers: QuestionAnswers; own: OwnPrompts; prompts: readonly KeyedPrompt[]; drafts: Drafts },
): Generator<Prompt> {
    for (const [key, [place]] of own) {
        const { text, special, stops } = prompts[place!]!;
        for (const [edit, condition] of together.entries()) {
            if (!answers.isOpen(condition, place!)) continue;
            yield { text, id: place!, edit, special, stops, draft: drafts.draftOf(condition, key) };
        }
    }
}

function planOf(
    { questions: { languages, sources }, template, maxTokens, limit = Infinity, metric, own }: AnswerOptions,
    prompts: readonly KeyedPrompt[],
    { settings: { batch, device }, contextSize: context }: Engine,
): AnswersPlan {
    return {
        metric,
        languages,
        sources,
        template: template.name,
        maxTokens,
        ...own,
        batch,
        context,
        device,
        texts: keyOf(prompts.map(({ question: { language, text, answer } }) => [language, text, answer])),
        questions: prompts.map(({ key, place, question: { language, answer } }) => ({
            key,
            language,
            ...defined({ answer }),
            ofAll: place < limit,
        })),
        sketches: questionSketches(
            prompts
                .filter(({ place }) => place < limit)
                .map(({ question: { language, text }, text: prompt }) => ({ language, names: [text, prompt] })),
        ),
    };
}

/** The drafting model's answers, by the keys of our own prompts. */
async function answersOfOther(
    { draftsOf, maxTokens }: AnswerOptions,
    { settings, contextSize }: Engine,
    prompts: readonly KeyedPrompt[],
    signal: AbortSignal | undefined,
): Promise<ReadonlyMap<string, string>> {
    if (draftsOf === undefined) return new Map();
    const other = { fingerprint: draftsOf.fingerprint, settings, contextSize };
    const names = new Map(prompts.map((prompt) => [promptKey(other, prompt, { maxTokens }), prompt.key]));
    return wholeAnswers(draftsOf.folder, names, signal);
}
