// 'negative': what rounds to zero has no sign
const three = new Intl.NumberFormat('en', {
    minimumFractionDigits: 3,
    maximumFractionDigits: 3,
    signDisplay: 'negative',
});

/**
 * A probability or a score: three digits behind the point, so that columns line up; `<0.001` where these would make
 * nothing of something; a dash where there is none.
 */
export function formatThree(value: number): string {
    if (value > 0 && value < 0.0005) return '<0.001';
    return Number.isNaN(value) ? '–' : three.format(value).replace('-', '−');
}
