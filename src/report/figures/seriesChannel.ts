type Legend = { readonly orient: 'top' | 'bottom'; readonly columns?: number };

/** The channel of the field `series` that shows one property of each series, `color` or `shape`; by name. */
export function seriesChannel<K extends string>(
    series: Readonly<Record<string, Readonly<Record<K, string>>>>,
    property: K,
    legend: Legend,
) {
    return {
        field: 'series',
        type: 'nominal' as const,
        scale: { domain: Object.keys(series), range: Object.values(series).map((one) => one[property]) },
        legend: { title: null, symbolSize: 90, symbolOpacity: 1, labelLimit: 0, ...legend },
    };
}
