import type { Activations } from '../activations/Activations.js';
import { generationContextSize, type EngineOptions } from '../engine/types/engineTypes.js';
import { Engine } from '../engine/Engine.js';
import { LanguageNeuronsError, wrongUse } from '../errors.js';
import { needsValues } from '../interventions/resolveValue.js';
import type { NeuronAnalysis } from '../neurons/analysis/NeuronAnalysis.js';
import { openTemplate } from '../questions/templates/promptTemplates.js';
import { pick } from '../settings/pick.js';
import { tuneQuestionTable, tuneTable } from '../settings/settings.js';
import type { WorkInSteps, WorkOptions } from '../support/progress.js';
import { OtherTexts } from '../tune/OtherTexts.js';
import { promptsOf } from '../tune/promptParts.js';
import { tune } from '../tune/tune.js';
import { goalName, type Tune } from '../tune/tuneFile.js';
import { countedFor, openTuneInputs, raisedBy, type TuneInputs } from '../tune/tuneInputs.js';
import { checkNamed, checkPrompts } from './checkAhead.js';
import type { RunConfig } from './RunConfig.js';
import { type AskedPart, askedParts } from './settingIssues.js';

type Part = AskedPart<RunConfig['tune']>;

/** The steps of `run` that search for interventions, in order. */
export function tuneSteps({ tune: parts }: RunConfig): string[] {
    return askedParts(parts).map((part) => `tune: ${goalWords(part)}`);
}

/**
 * @throws LanguageNeuronsError WRONG_USE for a search without a goal, for one goal twice, or for operations that there
 * are not or that need what the run lacks
 */
export function checkTuneConfig(config: RunConfig): void {
    const goals = new Set<string>();
    for (const part of askedParts(config.tune)) {
        const goal = goalWords(part);
        if (goal === '') throw wrong('nothing is asked for; give `speak` or `avoid`, such as `speak: de`');
        if (goals.has(goal)) throw askedTwice(goal);
        goals.add(goal);
        if (needsValues(raisedBy(part.op) ?? []) && config.values !== true)
            throw wrong('an operation takes collected values; add `values: true` to the run');
    }
}

function wrong(why: string): LanguageNeuronsError {
    return wrongUse(`tune: ${why}`);
}

function askedTwice(goal: string): LanguageNeuronsError {
    return wrong(`${goal} is asked for twice, and the first result would be lost; leave one`);
}

/**
 * Refuses what would be refused after the long work.
 * @throws LanguageNeuronsError as opening prompts, texts and template; WRONG_USE for too few prompts
 */
export async function checkTune(
    config: RunConfig,
    engine: Engine,
    languages: readonly string[],
    shared: WorkOptions,
): Promise<void> {
    const goals = new Set<string>();
    for (const part of askedParts(config.tune)) {
        checkNamed('tune.speak', part.speak, languages);
        checkNamed('tune.avoid', part.avoid, languages);
        const { goal, questions, texts } = await inputsOf(config, part, languages, shared);
        // The same languages by other names, such as German for de.
        if (goals.has(goalName(goal))) throw askedTwice(goalWords(part));
        goals.add(goalName(goal));
        await promptsOf(questions, part.limit);
        await OtherTexts.open({ corpus: texts, without: [...goal.speak, ...goal.avoid], limit: 2 });
        await checkPrompts(await openTemplate(templateOf(part), engine), questions);
    }
}

interface RunTuneOptions extends WorkInSteps {
    /** How the model is opened. */
    readonly model: EngineOptions;
    readonly analysis: NeuronAnalysis;
    readonly activations: Activations;
}

/** Searches for each goal, into the run folder. @returns what was found, in the order of the file */
export async function runTune(
    config: RunConfig,
    { model, analysis, activations, signal, progress, nextStep }: RunTuneOptions,
): Promise<Tune[]> {
    const results: Tune[] = [];
    for (const part of askedParts(config.tune)) {
        nextStep();
        const { contextSize = generationContextSize, op, ...asked } = part;
        const raise = raisedBy(op);
        const { values } = await countedFor(config.out, { raise });
        const { goal, questions, texts } = await inputsOf(config, part, analysis.languages, { signal, progress });
        using engine = await Engine.open({ ...model, contextSize, signal, progress });
        const { date, limit, maxTokens = tuneQuestionTable.maxTokens.default } = asked;
        const found = await tune({
            ...{ engine, analysis, activations, values, raise, questions, texts, folder: config.out },
            ...{ template: await openTemplate(templateOf(part), engine), date, limit, maxTokens },
            ...{ ...pick(asked, tuneTable), ...goal, signal, progress },
        });
        results.push(found);
    }
    return results;
}

async function inputsOf(
    { data, evaluation = data }: RunConfig,
    { texts = evaluation, ...part }: Part,
    languages: readonly string[],
    shared: WorkOptions,
): Promise<TuneInputs> {
    return openTuneInputs({ ...part, texts }, languages, shared);
}

function templateOf({ template = tuneQuestionTable.template.default }: Part): string {
    return template;
}

/** `speak de, avoid zh`; empty where nothing is asked for. */
function goalWords({ speak = [], avoid = [] }: Part): string {
    const words = (verb: string, languages: readonly string[]): string[] =>
        languages.length === 0 ? [] : [`${verb} ${languages.join('+')}`];
    return [...words('speak', speak), ...words('avoid', avoid)].join(', ');
}
