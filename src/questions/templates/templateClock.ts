/**
 * The time for chat templates: milliseconds since 1970, as if local time were UTC.
 */
export type TemplateClock = () => number;

/** The current local time. */
export const liveClock: TemplateClock = () => {
    const now = new Date();
    return now.getTime() - now.getTimezoneOffset() * 60_000;
};

/** Today's local date, as YYYY-MM-DD. */
export const today = (): string => new Date(liveClock()).toISOString().slice(0, 10);

/** A clock that stands at the first second of a day, so that the prompts of one run never change. */
export function clockAt(date: string): TemplateClock {
    const time = Date.parse(`${date}T00:00:00Z`);
    return () => time;
}
