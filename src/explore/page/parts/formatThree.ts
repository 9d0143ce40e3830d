// 'negative': what rounds to zero has no sign
const three = new Intl.NumberFormat('en', {
    minimumFractionDigits: 3,
    maximumFractionDigits: 3,
    signDisplay: 'negative',
});

/** A probability or a score: three digits behind the point, so that columns line up; a dash where there is none. */
export function formatThree(value: number): string {
    return Number.isNaN(value) ? '–' : three.format(value);
}
