import { clean, removedWords } from '../run/clean.js';
import type { CommandArguments, CommandResult } from './CommandDeclaration.js';
import type { cleanDeclaration } from './declarations.js';

/** `clean`: removes what a run folder keeps, and says what. */
export async function cleanCommand({ dir, only }: CommandArguments<typeof cleanDeclaration>): Promise<CommandResult> {
    const removed = await clean(dir, only === undefined ? undefined : [only]);
    return { json: { removed }, text: `removed from ${dir}: ${removedWords(removed)}` };
}
