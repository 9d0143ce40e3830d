import { clean, type CleanKind, cleanKinds, removedWords } from '../run/clean.js';
import type { CommandResult } from './shared.js';

export interface CleanArguments {
    dir: string;
    kinds: CleanKind[] | undefined;
}

/** `clean`: removes what a run folder keeps, and says what. */
export async function cleanCommand({ dir, kinds }: CleanArguments): Promise<CommandResult> {
    const removed = await clean(dir, kinds ?? cleanKinds);
    return { json: { removed }, text: `removed from ${dir}: ${removedWords(removed)}` };
}
