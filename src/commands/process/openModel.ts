import { Engine } from '../../engine/Engine.js';
import type { EngineOptions } from '../../engine/types/engineTypes.js';
import { LanguageNeuronsError, wrongUse } from '../../errors.js';
import { checkModel } from '../../experiments/conditions/checkFit.js';
import type { CompileOptions } from '../../interventions/compile.js';
import type { NamedInterventions } from '../../interventions/namedInterventions.js';
import { valuesFor } from '../../interventions/valuesFor.js';
import type { NeuronAnalysis } from '../../neurons/analysis/NeuronAnalysis.js';
import { neuronsPath, readNeurons } from '../../neurons/analysis/neuronsFile.js';
import { pick } from '../../settings/pick.js';
import { engineTable, type modelTable } from '../../settings/settings.js';
import type { ArgumentsOf } from '../../settings/Setting.js';
import { defined } from '../../support/defined.js';
import type { CommandContext } from '../arguments/CommandDeclaration.js';

/** Tells a process of `--devices` which one it is for: it is to work on no other, nor on the processor. */
export const deviceVariable = 'LANGUAGE_NEURONS_DEVICE';

/** Arguments of every command that opens a model. */
export type ModelArguments = ArgumentsOf<typeof modelTable & typeof engineTable>;

export function toEngineOptions(args: ModelArguments): EngineOptions {
    return { model: args.model, loras: (args.lora ?? []).map(parseLora), ...pick(args, engineTable) };
}

/** Opens a model and says what there is to say of it. */
export async function openEngine(
    options: EngineOptions,
    { signal, progress }: Pick<CommandContext, 'signal' | 'progress'>,
): Promise<Engine> {
    const engine = await Engine.open({ ...options, signal, progress });
    for (const note of engine.notes) progress.note(note);
    if (process.env[deviceVariable] === undefined || engine.backend.gpus > 0) return engine;
    engine.close();
    throw new LanguageNeuronsError('NOT_FOUND', 'no such GPU was found; language-neurons inspect says why');
}

/** The model of `--reference`, opened as the one that is compared with it; undefined where none is named. */
export async function openReference(
    args: ModelArguments & { readonly reference?: string | undefined },
    context: Pick<CommandContext, 'signal' | 'progress'>,
): Promise<Engine | undefined> {
    if (args.reference === undefined) return undefined;
    return openEngine({ ...toEngineOptions(args), model: args.reference, loras: [] }, context);
}

/** A model under interventions with the neurons of a run folder. */
export interface IntervenedModel extends Disposable {
    readonly engine: Engine;
    readonly named: readonly NamedInterventions[];
    /** For `modelStates`. */
    readonly facts: CompileOptions & { readonly analysis: NeuronAnalysis };
}

/**
 * Opens the model of a DIR whose neurons are to be changed; small mistakes are found before the model is read.
 * @param namedOf the interventions, of the languages that were analysed, beside which the model itself answers
 */
export async function openIntervened(
    args: ModelArguments & { readonly dir: string; readonly force: boolean },
    { windows }: Pick<EngineOptions, 'windows'>,
    namedOf: (analysis: NeuronAnalysis) => readonly NamedInterventions[],
    { signal, progress }: Pick<CommandContext, 'signal' | 'progress'>,
): Promise<IntervenedModel> {
    const analysis = await readNeurons(neuronsPath(args.dir));
    const named = namedOf(analysis);
    const operations = named.flatMap(({ interventions }) => interventions);
    const values = await valuesFor(operations, args.dir);
    const engine = await openEngine({ ...toEngineOptions(args), ...defined({ windows }) }, { signal, progress });
    try {
        checkModel({ engine, analysis, otherModel: args.force });
    } catch (cause) {
        engine.close();
        throw cause;
    }
    progress.done(); // the model's loading
    const facts = { sites: engine.sites, analysis, values };
    return { engine, named, facts, [Symbol.dispose]: () => engine.close() };
}

/**
 * `PATH` or `PATH:SCALE`; the scale comes after the last colon, so that a drive letter stays part of a path.
 * @throws LanguageNeuronsError WRONG_USE for a scale beyond all numbers
 */
export function parseLora(text: string): { path: string; scale: number } {
    const found = /^(.+):([-+]?\d*\.?\d+(?:e[-+]?\d+)?)$/i.exec(text);
    if (found === null) return { path: text, scale: 1 };
    const scale = Number(found[2]);
    if (!Number.isFinite(scale)) {
        const mend = `give for example ${found[1]!}:0.5`;
        throw wrongUse(`--lora takes a finite scale, not ${found[2]!}; ${mend}`);
    }
    return { path: found[1]!, scale };
}
