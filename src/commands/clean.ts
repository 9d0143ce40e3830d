import { clean, cleanedWords } from '../run/clean.js';
import type { CommandArguments, CommandResult } from './CommandDeclaration.js';
import type { cleanDeclaration } from './declarations.js';

/** `clean`: removes what a run folder keeps, and says what. */
export async function cleanCommand({ dir, only }: CommandArguments<typeof cleanDeclaration>): Promise<CommandResult> {
    const cleaned = await clean(dir, only === undefined ? undefined : [only]);
    return { json: cleaned, text: `removed from ${dir}: ${cleanedWords(cleaned)}` };
}
