import type { Progress } from '../support/progress.js';
import type { PromptTemplate } from './PromptTemplate.js';
import { today } from './templateClock.js';

/** Where the day comes from that a template writes. */
export interface DateSource {
    /** What the user asks for, as YYYY-MM-DD. */
    readonly given: string | undefined;
    /** What finished answers were asked on, the last of them. Called only where it is needed. */
    readonly kept: () => Promise<string | undefined>;
    readonly progress: Progress;
}

/**
 * A template that writes the date, on one day: else its prompts would be others tomorrow, and what is finished would
 * not be found again. Others stay as they are, without a date.
 */
export async function datedTemplate(
    template: PromptTemplate,
    { given, kept, progress }: DateSource,
): Promise<{ readonly template: PromptTemplate; readonly date?: string }> {
    if (template.on === undefined) return { template };
    const before = given ?? (await kept());
    const date = before ?? today();
    const why = given !== undefined ? 'as asked' : before !== undefined ? 'as in the answers before' : 'today';
    progress.note(`the chat template writes the date: ${date} (${why}); --date sets another`);
    return { template: template.on(date), date };
}
