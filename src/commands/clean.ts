import type { CleanKind } from '../run/choices.js';
import { clean, removedWords } from '../run/clean.js';
import type { CommandResult } from './CommandDeclaration.js';

export interface CleanArguments {
    dir: string;
    only: CleanKind | undefined;
}

/** `clean`: removes what a run folder keeps, and says what. */
export async function cleanCommand({ dir, only }: CleanArguments): Promise<CommandResult> {
    const removed = await clean(dir, only === undefined ? undefined : [only]);
    return { json: { removed }, text: `removed from ${dir}: ${removedWords(removed)}` };
}
