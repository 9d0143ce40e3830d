/** Above this many languages rows are narrower. */
const wideUpTo = 20;

/** A row of a figure for each label of a language, from the top: its axis, and its height. */
export function languageRows(order: readonly string[], { grid = true } = {}) {
    return {
        y: {
            field: 'language',
            type: 'nominal' as const,
            sort: null,
            scale: { domain: [...order], paddingInner: 0.25 },
            axis: { title: null, domain: false, ticks: false, grid, labelPadding: 8, labelLimit: 230 },
        },
        height: { step: order.length > wideUpTo ? 19 : 25 },
    };
}
