import { clean, cleanedWords } from '../run/clean.js';
import type { CommandOf } from './arguments/CommandDeclaration.js';
import type { cleanDeclaration } from './arguments/declarations.js';

/** `clean`: removes what a run folder keeps, and says what. */
export const cleanCommand: CommandOf<typeof cleanDeclaration> = async ({ dir, only }) => {
    const cleaned = await clean(dir, only === undefined ? undefined : [only]);
    return { json: cleaned, text: `removed from ${dir}: ${cleanedWords(cleaned)}` };
};
