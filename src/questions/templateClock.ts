/**
 * What time a chat template is told it is: milliseconds since 1970, as if local time were UTC.
 */
export type TemplateClock = () => number;

/** The time here and now. */
export const liveClock: TemplateClock = () => {
    const now = new Date();
    return now.getTime() - now.getTimezoneOffset() * 60_000;
};

/** Today, here, as YYYY-MM-DD. */
export const today = (): string => new Date(liveClock()).toISOString().slice(0, 10);

/** A day that does not pass, from its first second on: prompts of one run are then the same on every day. */
export function clockAt(date: string): TemplateClock {
    const time = Date.parse(`${date}T00:00:00Z`);
    return () => time;
}

/** Whether a text is a day of the calendar, as YYYY-MM-DD. */
export function isDate(text: string): boolean {
    if (!/^\d{4}-\d{2}-\d{2}$/.test(text)) return false;
    const time = Date.parse(`${text}T00:00:00Z`);
    return !Number.isNaN(time) && new Date(time).toISOString().startsWith(text);
}
