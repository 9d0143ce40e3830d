import type { SitePart } from '../../resultsFormat.js';

/** The place of the part that the address names; the first where it names none. */
export function chosenPart(setting: string | null, parts: readonly SitePart[]): number {
    const place = Number(setting ?? 0);
    return Number.isInteger(place) && place >= 0 && place < parts.length ? place : 0;
}
