const whole = new Intl.NumberFormat('en');
const three = new Intl.NumberFormat('en', { minimumFractionDigits: 3, maximumFractionDigits: 3 });

/** `458,752` */
export function formatCount(count: number): string {
    return whole.format(count);
}

/** A probability or a score: three digits behind the point; a dash where there is none. */
export function formatThree(value: number): string {
    return Number.isNaN(value) ? '–' : three.format(value);
}

/** `12.3 %` */
export function formatShare(part: number, all: number): string {
    return all === 0 ? '–' : `${((100 * part) / all).toPrecision(3)} %`;
}
