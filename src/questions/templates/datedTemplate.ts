import type { Progress } from '../../support/progress.js';
import type { PromptTemplate } from './PromptTemplate.js';
import { today } from './templateClock.js';

/** The day that a template writes. */
export interface DateSource {
    /** The user's choice, as YYYY-MM-DD. */
    readonly given: string | undefined;
    /** The day of the last finished answer. Called only where it is needed. */
    readonly kept: () => Promise<string | undefined>;
    readonly progress: Progress;
}

/**
 * Fixes the day of a template that writes the date. Otherwise its prompts would change tomorrow, and finished answers
 * would not be found again. Other templates stay as they are.
 */
export async function datedTemplate(
    template: PromptTemplate,
    { given, kept, progress }: DateSource,
): Promise<{ readonly template: PromptTemplate; readonly date?: string }> {
    if (template.on === undefined) return { template };
    const before = given ?? (await kept());
    const date = before ?? today();
    const why = given !== undefined ? 'as asked' : before !== undefined ? 'as in the answers before' : 'today';
    progress.note(`the chat template writes the date: ${date} (${why}); \`date\` sets another`);
    return { template: template.on(date), date };
}
