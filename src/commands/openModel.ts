import { Engine } from '../engine/Engine.js';
import type { EngineOptions } from '../engine/engineTypes.js';
import { LanguageNeuronsError } from '../errors.js';
import { pick } from '../settings/pick.js';
import { engineTable, type modelTable } from '../settings/settings.js';
import type { ArgumentsOf } from '../settings/Setting.js';
import type { CommandContext } from './CommandDeclaration.js';

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
    if (process.env[deviceVariable] === undefined || engine.backends.gpus.length > 0) return engine;
    engine.close();
    throw new LanguageNeuronsError('NOT_FOUND', 'no such GPU is found; language-neurons inspect says why');
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
        throw new LanguageNeuronsError('WRONG_USE', `--lora takes a finite scale, not ${found[2]!}; ${mend}`);
    }
    return { path: found[1]!, scale };
}
