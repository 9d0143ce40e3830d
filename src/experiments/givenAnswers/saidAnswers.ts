import { setConditions } from '../conditions/conditions.js';
import { answersJournal, type JournalledAnswer } from '../answerMetrics/questionAnswers.js';
import { toldLanguage } from '../answerMetrics/AnswerSheet.js';
import type { DeactivationMatrix, DeactivationSet, Grid } from '../results/DeactivationMatrix.js';
import { readJournals } from '../metric/journals.js';
import { metricOf } from '../registry/metrics.js';
import { wholeModel } from '../../interventions/ModelState.js';
import type { Operation } from '../../interventions/Operation.js';
import { valuesFor } from '../../interventions/valuesFor.js';
import type { NeuronAnalysis } from '../../neurons/analysis/NeuronAnalysis.js';
import { neuronSetNames, type NeuronSetName } from '../../neurons/sets/neuronSets.js';

/** The most questions of a language that are shown with their answers. */
const mostPairs = 2;

/** An answer of a model. */
export interface Said {
    readonly text: string;
    /** Undefined: unknown. */
    readonly language: string | undefined;
    /** Whether it was cut off at `maxTokens`. */
    readonly cut: boolean;
}

/** The two answers to one question: of the whole model, and with the neurons of its language changed. */
export interface SaidPair {
    readonly language: string;
    /** Of the question in its file, from 0. */
    readonly index: number;
    readonly whole: Said;
    readonly changed: Said;
}

/** Answers of the whole model, and with each language's neurons removed or otherwise changed. */
export interface SaidAnswers {
    /** Name of the metric that the answers were given for. */
    readonly metric: string;
    readonly operation: Operation;
    readonly set: NeuronSetName;
    /** Languages whose neurons are changed. */
    readonly rows: readonly string[];
    /** Languages that are asked in. */
    readonly asked: readonly string[];
    /** Languages of the answers: those asked in, then others that occur, then undefined, the unknown ones. */
    readonly told: readonly (string | undefined)[];
    /** Answers of the whole model to the questions that all conditions were asked: [asked][told]. */
    readonly whole: Grid;
    /** [rows][asked][told] */
    readonly changed: readonly Grid[];
    /** Questions whose answers differ; see `changedPairs`. */
    readonly pairs: readonly SaidPair[];
}

/** An answer as it is kept: the text only where a pair may show it. */
interface Kept extends Omit<Said, 'text'> {
    readonly text: string | undefined;
}

/** Answers to one prompt, by condition. */
interface Prompt {
    readonly language: string;
    readonly index: number;
    readonly answers: Map<string, Kept>;
}

/**
 * The answers behind a matrix, from the journals of its folder, of specific and related neurons where these were
 * changed.
 * @returns undefined where the journals do not have them: other answers than those of the matrix are not shown
 * @throws LanguageNeuronsError as `Journal.read`, and as `valuesFor` for an operation that needs values
 */
export async function readSaidAnswers(
    folder: string,
    { metric, sets, operation }: DeactivationMatrix,
    analysis: NeuronAnalysis,
): Promise<SaidAnswers | undefined> {
    const name = ['specific+related' as const, ...neuronSetNames].find((one) => sets[one]?.shares !== undefined);
    const set = name === undefined ? undefined : sets[name];
    if (name === undefined || set === undefined) return undefined;
    const values = await valuesFor([operation], folder);
    const { own } = setConditions(analysis, set.rows, name, 0, 0, { operation, values });
    const conditions = own.map((condition) => condition.name);
    const kind = metricOf(metric);
    if (kind.inputs !== 'questions') return undefined;
    const prompts = await readPrompts(folder, set, conditions, kind.answerLanguages(set.columns));
    if (!areOfSet(prompts, set, conditions)) return undefined;
    const found = new Set(prompts.flatMap(({ answers }) => [...answers.values()].map(({ language }) => language)));
    const others = [...found].filter((language) => language !== undefined && !set.columns.includes(language)).sort();
    const told = [...set.columns, ...others, undefined];
    const count = (condition: string): Grid =>
        set.columns.map((asked) => {
            const given = answersIn(prompts, asked, condition);
            return told.map((language) => given.filter((answer) => answer.language === language).length);
        });
    return {
        metric,
        operation,
        set: name,
        rows: set.rows,
        asked: set.columns,
        told,
        whole: count(wholeModel.name),
        changed: conditions.map(count),
        pairs: set.rows.flatMap((language, r) => changedPairs(prompts, language, conditions[r]!)),
    };
}

/** The prompts that every condition was asked; of a question that was asked in several ways, the last. */
async function readPrompts(
    folder: string,
    set: DeactivationSet,
    conditions: readonly string[],
    candidates: readonly string[],
): Promise<Prompt[]> {
    const prompts = new Map<string, Prompt>();
    const take = ({ key, condition, language, index, text, end }: JournalledAnswer): void => {
        const isWhole = condition === wholeModel.name;
        if (!isWhole && !conditions.includes(condition)) return;
        const name = key.split('/')[0]!;
        const prompt = prompts.get(name) ?? { language, index, answers: new Map<string, Kept>() };
        prompts.set(name, prompt);
        if (prompt.answers.has(condition)) return;
        const isShown = isWhole || conditions[set.rows.indexOf(language)] === condition;
        prompt.answers.set(condition, {
            text: isShown ? text : undefined,
            language: toldLanguage(text, language, candidates),
            cut: end === 'length',
        });
    };
    await readJournals(answersJournal, { folder, take });
    const asked = [wholeModel.name, ...conditions];
    const complete = [...prompts.values()].filter(({ answers }) => asked.every((condition) => answers.has(condition)));
    const last = new Map(complete.map((prompt) => [`${prompt.language}/${prompt.index}`, prompt]));
    return [...last.values()].sort((a, b) => a.index - b.index);
}

function answersIn(prompts: readonly Prompt[], asked: string, condition: string): Kept[] {
    return prompts.filter(({ language }) => language === asked).map(({ answers }) => answers.get(condition)!);
}

/** Whether answers give the numbers of questions and the shares that a set has: those of other work do not. */
function areOfSet(prompts: readonly Prompt[], set: DeactivationSet, conditions: readonly string[]): boolean {
    const { language, cut } = set.shares!;
    if (language === undefined || cut === undefined) return false;
    const isGiven = (condition: string, c: number, shares: { own: number; cut: number }): boolean => {
        const given = answersIn(prompts, set.columns[c]!, condition);
        const share = (is: (answer: Kept) => boolean): number => given.filter(is).length / given.length;
        const own = share((answer) => answer.language === set.columns[c]);
        return Math.abs(own - shares.own) < 1e-9 && Math.abs(share((answer) => answer.cut) - shares.cut) < 1e-9;
    };
    return set.columns.every(
        (asked, c) =>
            answersIn(prompts, asked, wholeModel.name).length === set.samples[0]?.[c] &&
            isGiven(wholeModel.name, c, { own: language.baseline[c]!, cut: cut.baseline[c]! }) &&
            conditions.every((condition, r) =>
                isGiven(condition, c, { own: language.values[r]![c]!, cut: cut.values[r]![c]! }),
            ),
    );
}

/**
 * Of a language the first questions that the whole model answers in it and that are answered in another where its
 * neurons are changed, then the first whose answers differ at all; `mostPairs` of both together.
 */
function changedPairs(prompts: readonly Prompt[], language: string, condition: string): SaidPair[] {
    if (condition === wholeModel.name) return [];
    const pairs = prompts
        .filter((prompt) => prompt.language === language)
        .map(({ index, answers }) => ({
            language,
            index,
            whole: answers.get(wholeModel.name) as Said,
            changed: answers.get(condition) as Said,
        }));
    const isElsewhere = ({ whole, changed }: SaidPair): boolean =>
        whole.language === language && changed.language !== undefined && changed.language !== language;
    const differing = pairs.filter(({ whole, changed }) => whole.text !== changed.text);
    return [...differing.filter(isElsewhere), ...differing.filter((pair) => !isElsewhere(pair))].slice(0, mostPairs);
}
