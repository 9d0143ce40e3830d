import { readActivations } from '../activations/activationsFile.js';
import { surveyCorpus } from '../activations/surveyCorpus.js';
import type { Corpus } from '../corpus/Corpus.js';
import { wrongUse } from '../errors.js';
import { checkModel } from '../experiments/conditions/checkFit.js';
import { ensureSubfolder } from '../files/fileAccess.js';
import { withFolder } from '../files/folderLock.js';
import { checkOfCounts } from '../neurons/analysis/isOfCounts.js';
import type { NeuronAnalysis } from '../neurons/analysis/NeuronAnalysis.js';
import { neuronsDigest } from '../neurons/analysis/neuronsDigest.js';
import { neuronsPath, readNeurons } from '../neurons/analysis/neuronsFile.js';
import { checkSettings } from '../settings/checkSetting.js';
import { filled, pick } from '../settings/pick.js';
import type { OptionsOf } from '../settings/Setting.js';
import { checkTable, outputTable } from '../settings/settings.js';
import { formatList } from '../support/format.js';
import { type KeyPart, keyOf } from '../support/keyOf.js';
import { suggestion } from '../support/nearest.js';
import { notesOnce, silent, withinStep, type WorkOptions } from '../support/progress.js';
import { throwIfStopped } from '../support/stop.js';
import type { Check, CheckContext, CheckNeed, CheckSettings, EngineFactory } from './Check.js';
import type { CheckResult, Finding } from './CheckResult.js';
import { checksName, readCheckIfAny, writeCheck } from './checkFile.js';
import { checks } from './checks.js';
import { openedOnce } from './openedOnce.js';
import { keptParts } from './keptParts.js';

const table = { ...checkTable, force: outputTable.force } as const;

/** @inline */
export interface CheckOptions extends OptionsOf<typeof table>, WorkOptions {
    /** Names of checks. Default: those that need no model and no texts. */
    readonly names?: readonly string[] | undefined;
    /** Opens the analysed model; `check` closes what it opens. */
    readonly engine?: EngineFactory | undefined;
    /** Opens texts in languages of the analysis. */
    readonly corpus?: ((analysis: NeuronAnalysis) => Promise<Corpus>) | undefined;
}

/**
 * Checks what was found in a run folder, each check a result in `checks/NAME.json` as soon as it is done. A check that
 * is there and was computed from the same is not computed again.
 * @returns the results of the checks asked for, in the order of the list
 * @throws LanguageNeuronsError WRONG_USE for a check that there is not, or one whose model or texts are not given;
 * MISMATCH where counts, neurons and model do not belong together; NOT_FOUND, DAMAGED, BUSY, UNWRITABLE, ABORTED, and
 * those of engine and texts
 */
export async function check(folder: string, options: CheckOptions = {}): Promise<CheckResult[]> {
    const others = { names: true, engine: true, corpus: true, signal: true, progress: true } as const;
    checkSettings(options, table, others);
    const { engine, corpus } = options;
    const chosen = chosenChecks(options.names, { model: engine !== undefined, data: corpus !== undefined });
    const { signal, progress = silent, force } = options;
    const settings = filled(pick(options, checkTable), checkTable);
    return withFolder(folder, 'check', async () => {
        const activations = await readActivations(folder);
        const analysis = await readNeurons(neuronsPath(folder));
        checkOfCounts(analysis, activations);
        await ensureSubfolder(folder, checksName);
        using engines = openedOnce(engine, (model) => checkModel({ engine: model, analysis, otherModel: force }));
        let opened: Promise<Corpus> | undefined;
        const given = {
            ...{ folder, activations, analysis, settings, progress, signal },
            engine: engines.open,
            corpus: () => (opened ??= corpus!(analysis)),
        };
        const results: CheckResult[] = [];
        for (const [i, one] of chosen.entries()) {
            throwIfStopped(signal);
            progress.step?.(one.name, i + 1, chosen.length);
            results.push(await finished(one, given));
        }
        progress.done();
        return results;
    });
}

/**
 * The checks asked for, in the order of the list.
 * @param names default: those that need neither a model nor texts
 * @throws LanguageNeuronsError WRONG_USE for a check that there is not, or one that needs what is not given
 */
export function chosenChecks(
    names: readonly string[] | undefined,
    has: Readonly<Record<CheckNeed, boolean>>,
): readonly Check[] {
    if (names === undefined) return checks.filter(({ needs }) => needs.length === 0);
    const known = checks.map(({ name }) => name);
    for (const name of names) {
        if (known.includes(name)) continue;
        const what = `there is no check ${JSON.stringify(name)}`;
        throw wrongUse(`${what}${suggestion(name, known)}; there are ${formatList(known)}`);
    }
    const chosen = checks.filter(({ name }) => names.includes(name));
    for (const { name, needs } of chosen) {
        const missing = needs.filter((need) => !has[need]);
        if (missing.length === 0) continue;
        const given = formatList(missing.map((need) => `\`${need}\``));
        throw wrongUse(`the check ${name} needs ${formatList(needs)}; give ${given}`);
    }
    return chosen;
}

type Given = Omit<CheckContext, 'kept'>;

/** A check's result: the one that is there, or a new one. */
async function finished(one: Check, given: Given): Promise<CheckResult> {
    const { folder, progress } = given;
    const head = await headOf(one, given);
    const had = await readCheckIfAny(folder, one.name);
    if (had?.key === head.key) {
        progress.note(`${one.name}: already checked`);
        return had;
    }
    const begin = performance.now();
    const { kept, spent, stopped } = keptParts(folder, one.name, head.key, given);
    const before = await spent();
    const seconds = (): number => Math.round(1000 * before + performance.now() - begin) / 1000;
    let finding: Finding;
    try {
        finding = await one.run({ ...given, progress: withinStep(notesOnce(progress)), kept });
    } catch (cause) {
        await stopped(seconds()).catch(() => undefined); // the check's own error is the one to tell
        throw cause;
    }
    progress.done();
    const result = { ...head, ...finding, seconds: seconds() };
    await writeCheck(folder, result);
    return result;
}

/** What a result says of itself, with the identity that it has. */
async function headOf(one: Check, given: Given): Promise<Pick<CheckResult, 'name' | 'question' | 'key' | 'source'>> {
    const { name, question, needs, version } = one;
    const { analysis, engine, corpus, signal } = given;
    const settings = settingsOf(one, given.settings);
    const model = needs.includes('model') ? await engine() : undefined;
    const texts = needs.includes('data') ? await corpus() : undefined;
    const key = keyOf({
        ...{ name, version, settings },
        analysis: analysisKey(analysis),
        model: model === undefined ? undefined : { fingerprint: model.fingerprint, settings: { ...model.settings } },
        data: texts === undefined ? undefined : (await surveyCorpus(texts, signal)).hash,
        reads: await one.reads?.(given),
    });
    const source = {
        ...{ counts: analysis.source.counts, neurons: neuronsDigest(analysis), settings },
        ...(model === undefined ? {} : { model: model.fingerprint }),
        ...(texts === undefined ? {} : { data: texts.sources.map((source) => source.name) }),
    };
    return { name, question, key, source };
}

/** The settings that shape a check, those that have a value. */
function settingsOf({ settings: names }: Check, values: CheckSettings): CheckResult['source']['settings'] {
    return Object.fromEntries(
        names.flatMap((name) => {
            const value = values[name];
            return value === undefined ? [] : [[name, value] as const];
        }),
    );
}

function analysisKey({
    source,
    method,
    topRate,
    bar,
    lambda,
    threshold,
    experts,
    ...analysis
}: NeuronAnalysis): KeyPart {
    const { probability, minRouted } = experts ?? {};
    const neurons = neuronsDigest({ source, method, topRate, bar, lambda, threshold, ...analysis });
    return { counts: source.counts, method, topRate, bar, lambda, threshold, probability, minRouted, neurons };
}
