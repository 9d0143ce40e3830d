import type { Activations } from '../activations/Activations.js';
import type { ActivationValues } from '../activations/ActivationValues.js';
import type { Corpus } from '../corpus/Corpus.js';
import type { Engine } from '../engine/Engine.js';
import { wrongUse } from '../errors.js';
import { checkModel } from '../experiments/conditions/checkFit.js';
import type { MeasureContext } from '../experiments/metric/Metric.js';
import { scaleOf } from '../export/planEdits.js';
import { withFolder } from '../files/folderLock.js';
import { shownPath } from '../files/shownPath.js';
import { wholeModel } from '../interventions/ModelState.js';
import { checkOperation, type Operation } from '../interventions/Operation.js';
import { neuronsDigest } from '../neurons/analysis/neuronsDigest.js';
import type { NeuronAnalysis } from '../neurons/analysis/NeuronAnalysis.js';
import { rankNeurons } from '../neurons/scores/rankNeurons.js';
import { instructedTemplate, type PromptTemplate } from '../questions/templates/PromptTemplate.js';
import type { Questions } from '../questions/sources/Questions.js';
import { checkSettings } from '../settings/checkSetting.js';
import type { OptionsOf } from '../settings/Setting.js';
import { outputTable, questionMetricTable, tuneTable } from '../settings/settings.js';
import { formatCount, formatQuantity } from '../support/format.js';
import { inSteps, notesOnce, type Progress, silent, type WorkOptions } from '../support/progress.js';
import { type Answered, askPrompts } from './askPrompts.js';
import { type Candidate, candidatesOf, type Grid, layerChoices, randomState, type Target } from './candidates.js';
import { type Goal, goalOf } from './goal.js';
import { type HalvingRound, successiveHalving, triedInRounds } from './halving.js';
import { changeOf, isLoss, type Judgement, judgeHeldOut, rateOf, upperEnd } from './judgement.js';
import { OtherTexts } from './OtherTexts.js';
import { isSearched, promptsOf, roundsOf, someQuestions } from './promptParts.js';
import { systemPromptFor } from './systemPrompts.js';
import { goalName, type Tune, writeIntervention, writeTune } from './tuneFile.js';

const { date, limit, maxTokens } = questionMetricTable;
const table = { ...tuneTable, date, limit, maxTokens, otherModel: outputTable.force } as const;

export interface TuneOptions extends OptionsOf<typeof table>, WorkOptions {
    readonly engine: Engine;
    readonly analysis: NeuronAnalysis;
    /** Means of activations, for operations that need them. */
    readonly values?: ActivationValues | undefined;
    /** The counts of the analysis, which rank neurons; needed with `dose`. */
    readonly activations?: Activations | undefined;
    /** Operations to try on the neurons of languages to speak. Default: see `raisingOperations`. */
    readonly raise?: readonly Operation[] | undefined;
    /** Prompts in the languages to speak, or in any but those to avoid. */
    readonly questions: Questions;
    readonly template: PromptTemplate;
    /** Texts in other languages, on which interventions should change little. */
    readonly texts: Corpus;
    /** Run folder; gets `tune.GOAL.json` and, where a gain is claimed, `tune.GOAL.interventions.json`. */
    readonly folder: string;
}

/** Tried on the neurons of languages to speak where nothing else is asked for. */
function raisingOperations(values: ActivationValues | undefined): readonly Operation[] {
    const scales: readonly Operation[] = [2, 4].map((value) => ({ op: 'scale', value }));
    return values === undefined ? scales : [...scales, { op: 'diffmean' }];
}

/** Most languages whose neurons are lowered where none is named: those that answers fall into most often. */
const mostLeaks = 2;

/**
 * Searches for an intervention that keeps the model in a language: by successive halving over sets, layers, operations
 * and strengths, for the highest share of answers that keep to the language asked, among those that change texts in
 * other languages by no more than a bound. The best is judged on prompts and texts that the search never saw, beside
 * the whole model, a system prompt and random neurons of the same layers. What is measured is kept: stopped, the search
 * goes on where it was.
 * @throws LanguageNeuronsError WRONG_USE without a goal, or with too few prompts; NOT_FOUND for a language that was not
 * analysed; MISMATCH for another model; EMPTY without texts in other languages; BUSY, and those of its steps
 */
export async function tune(options: TuneOptions): Promise<Tune> {
    checkSettings(options, table, {
        ...{ engine: true, analysis: true, values: true, activations: true, raise: true, questions: true },
        ...{ template: true, texts: true, folder: true, signal: true, progress: true },
    });
    const { engine, analysis, otherModel, raise = [] } = options;
    checkModel({ engine, analysis, otherModel });
    for (const operation of raise) checkOperation(operation);
    const search = await Search.plan({ ...options, progress: notesOnce(options.progress ?? silent) });
    return withFolder(options.folder, 'tune', () => search.run());
}

type Planned = TuneOptions & { readonly progress: Progress };

/** A search with its prompts counted and its grid made. */
class Search {
    readonly #options: Planned;
    readonly #goal: Goal;
    readonly #questions: Questions;
    /** Prompts of each language. */
    readonly #prompts: number;
    readonly #grid: Grid;

    private constructor(options: Planned, goal: Goal, questions: Questions, prompts: number) {
        [this.#options, this.#goal, this.#questions, this.#prompts] = [options, goal, questions, prompts];
        const { sets = ['specific', 'specific+related'], layers = layerChoices, strengths = [0.5, 1] } = options;
        const { raise = raisingOperations(options.values), dose, activations, analysis } = options;
        if (dose !== undefined && activations === undefined)
            throw wrongUse('`dose` needs the counts, which rank neurons; give `activations`');
        const doses = dose && { ranking: rankNeurons(activations!, analysis), shares: dose };
        this.#grid = { sets, layers, strengths, raise, doses };
    }

    static async plan(options: Planned): Promise<Search> {
        const { analysis, questions, limit = Infinity } = options;
        const goal = goalOf(analysis, options);
        const { languages } = questions;
        const odd = languages.find((language) => goal.avoid.includes(language));
        if (odd !== undefined)
            throw wrongUse(`${questions.name}: asks in ${odd}, which is to be avoided; leave it out`);
        const prompts = await promptsOf(questions, limit);
        // As many of each language: parallel prompts of all languages are then judged as one.
        const some = someQuestions(questions, (place) => place < prompts);
        return new Search(options, goal, some, prompts);
    }

    async run(): Promise<Tune> {
        const { texts: corpus, folder, progress } = this.#options;
        const { speak, avoid } = this.#goal;
        const limit = this.#options.textLimit ?? tuneTable.textLimit.default;
        // Languages to speak or to avoid are to change. Those that are only asked in, beside one to avoid, are not.
        const others = await OtherTexts.open({ corpus, without: [...speak, ...avoid], limit });
        const rounds = roundsOf(this.#prompts);
        progress.note(this.#planWords(rounds));
        const nextStep = inSteps(progress, ['whole model', ...rounds.map((_, i) => `round ${i + 1}`), 'judgement']);
        nextStep();
        const searched = someQuestions(this.#questions, isSearched);
        const [whole] = await this.#ask([wholeModel], searched);
        const candidates = rateOf(whole!.passes) < 1 ? this.#candidates(whole!) : [];
        const tooWrong = new Set<Candidate>();
        const done = await successiveHalving({
            candidates,
            rounds,
            passRates: async (some, prompts, round) => {
                nextStep();
                const asked = someQuestions(searched, (place) => place < prompts);
                const [base, ...answered] = await this.#ask([wholeModel, ...some.map(({ state }) => state)], asked);
                const isLast = round === rounds.length - 1;
                for (const [i, one] of answered.entries()) if (this.#loses(one, base!, isLast)) tooWrong.add(some[i]!);
                return answered.map(({ passes }) => rateOf(passes));
            },
            admits: async (candidate) =>
                !tooWrong.has(candidate) &&
                upperEnd(await others.divergence(candidate.state, 'searched', this.#context)) < this.#maxKl,
        });
        const best = done.at(-1)?.kept[0];
        const judgement = best && (await this.#judge(best.candidate, others, nextStep));
        const found = this.#resultOf(others, { whole: whole!, candidates: candidates.length, done, best, judgement });
        const claimed = judgement?.refused.length === 0 ? found.best : null;
        const result = { ...found, file: await writeIntervention(folder, goalName(found), claimed) };
        await writeTune(folder, result);
        progress.done();
        return result;
    }

    get #context(): Omit<MeasureContext, 'known'> {
        const { engine, folder, signal, progress } = this.#options;
        return { engine, folder, signal, progress };
    }

    get #maxKl(): number {
        return this.#options.maxKl ?? tuneTable.maxKl.default;
    }

    get #maxLoss(): number {
        return this.#options.maxLoss ?? tuneTable.maxLoss.default;
    }

    /**
     * Whether more accuracy is lost on some prompts than may be: before the last round only where that is told from
     * chance, since one answer of few is much. Where none has a right answer, nothing is lost.
     */
    #loses(one: Answered, whole: Answered, isLast: boolean): boolean {
        if (one.right === undefined || whole.right === undefined) return false;
        const change = changeOf([[one.right, whole.right]]);
        return change.value < -this.#maxLoss && (isLast || isLoss(change));
    }

    get #maxTokens(): number {
        return this.#options.maxTokens ?? maxTokens.default;
    }

    get #controls(): number {
        return this.#options.controls ?? tuneTable.controls.default;
    }

    get #seed(): number {
        return this.#options.seed ?? tuneTable.seed.default;
    }

    /** Raises languages to speak, and lowers those to avoid, or else those that answers fall into. */
    #candidates({ instead }: Pick<Answered, 'instead'>): Candidate[] {
        const { speak, avoid } = this.#goal;
        const { analysis } = this.#options;
        const leaks = Object.keys(instead)
            .filter((language) => analysis.languages.includes(language) && !speak.includes(language))
            .slice(0, mostLeaks);
        return this.#candidatesBeside(avoid.length > 0 ? [avoid] : leaks.map((language) => [language]));
    }

    #candidatesBeside(lowered: readonly (readonly string[])[]): Candidate[] {
        const { speak } = this.#goal;
        const { analysis, values } = this.#options;
        const targets: Target[] = [
            ...(speak.length === 0 ? [] : [{ languages: speak, does: 'raise' } as const]),
            ...lowered.map((languages) => ({ languages, does: 'lower' }) as const),
        ];
        return candidatesOf(targets, this.#grid, { analysis, values });
    }

    /** How much there is to answer, at most: which languages answers fall into is not known yet. */
    #planWords(rounds: readonly number[]): string {
        const { avoid, speak } = this.#goal;
        const { analysis } = this.#options;
        const others = analysis.languages.filter((language) => !speak.includes(language));
        const sizes = (avoid.length > 0 ? [avoid] : others.map((language) => [language]))
            .map((languages) => this.#candidatesBeside([languages]).length)
            .sort((a, b) => b - a);
        const raised = this.#candidatesBeside([]).length;
        const most = sizes.slice(0, mostLeaks).reduce((sum, size) => sum + size - raised, raised);
        const { languages } = this.#questions;
        const tried = triedInRounds(most, rounds.length);
        // A round asks what the round before asked again, and those answers are kept.
        const search = tried.reduce((sum, count, i) => sum + count * (rounds[i]! - (rounds[i - 1] ?? 0)), 0);
        const [searched, judged] = this.#parts();
        const answers = languages.length * (searched + search + (3 + this.#controls) * judged);
        return (
            `at most ${formatQuantity(most, 'candidate')} and ${formatCount(answers)} answers ` +
            `of ${formatCount(this.#maxTokens)} tokens at most: ${searched} prompts of each of ` +
            `${formatQuantity(languages.length, 'language')} to search, ${judged} to judge`
        );
    }

    /** Prompts of each language to search and to judge on. */
    #parts(): readonly [searched: number, judged: number] {
        const searched = Math.ceil(this.#prompts / 2);
        return [searched, this.#prompts - searched];
    }

    async #ask(
        states: Parameters<typeof askPrompts>[0],
        questions: Questions,
        template = this.#options.template,
    ): Promise<Answered[]> {
        const { date } = this.#options;
        return askPrompts(states, { questions, template, maxTokens: this.#maxTokens, date }, this.#context);
    }

    async #judge(best: Candidate, others: OtherTexts, nextStep: () => void): Promise<Judgement> {
        nextStep();
        const { analysis, values, template } = this.#options;
        const judged = someQuestions(this.#questions, (place) => !isSearched(place));
        const random = Array.from({ length: this.#controls }, (_, i) =>
            randomState(best, { analysis, values }, this.#seed + i),
        );
        const [whole, tuned, ...drawn] = await this.#ask([wholeModel, best.state, ...random], judged);
        const [prompted] = await this.#ask([wholeModel], judged, instructedTemplate(template, systemPromptFor));
        const kl = await others.divergence(best.state, 'judged', this.#context);
        const right =
            tuned!.right === undefined
                ? undefined
                : { tuned: tuned!.right, whole: whole!.right!, prompted: prompted!.right! };
        const heldOut = {
            ...{ tuned: tuned!.passes, whole: whole!.passes, prompted: prompted!.passes },
            random: drawn.map(({ passes }) => passes),
            ...{ right, kl },
        };
        return judgeHeldOut(heldOut, { maxKl: this.#maxKl, maxLoss: this.#maxLoss });
    }

    #resultOf(
        others: OtherTexts,
        {
            whole,
            candidates,
            done,
            best,
            judgement,
        }: {
            readonly whole: Answered;
            readonly candidates: number;
            readonly done: readonly HalvingRound<Candidate>[];
            readonly best: HalvingRound<Candidate>['kept'][number] | undefined;
            readonly judgement: Judgement | undefined;
        },
    ): Tune {
        const { engine, analysis, questions, texts, template } = this.#options;
        const [searched, judged] = this.#parts();
        const described = ({ candidate, passRate }: NonNullable<typeof best>) => ({
            words: candidate.words,
            neurons: candidate.state.neurons.length,
            passRate,
        });
        return {
            ...this.#goal,
            ...{ data: shownPath(questions.name), languages: questions.languages },
            ...{ texts: texts.name, textLanguages: others.languages },
            ...{ template: template.name, maxTokens: this.#maxTokens },
            ...{ maxKl: this.#maxKl, maxLoss: this.#maxLoss },
            ...{ controls: this.#controls, seed: this.#seed },
            ...{ model: engine.fingerprint, neurons: neuronsDigest(analysis) },
            prompts: { searched, judged },
            whole: { passRate: rateOf(whole.passes), instead: whole.instead },
            candidates,
            rounds: done.map(({ prompts, tried, kept }) => ({ prompts, tried, kept: kept.map(described) })),
            best: best === undefined ? null : { ...described(best), interventions: best.candidate.interventions },
            judgement: judgement === undefined ? null : { ...judgement, accuracy: judgement.accuracy ?? null },
            file: null,
            isExact: best?.candidate.interventions.every((one) => scaleOf(one) !== undefined) ?? false,
        };
    }
}
