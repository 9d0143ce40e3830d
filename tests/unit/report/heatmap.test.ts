import { expect, it } from 'vitest';
import { heatmap } from '../../../src/report/figures/heatmap.js';

it.each([
    [6, 'neurons removed', undefined],
    [2, ['neurons', 'removed'], undefined],
    [1, ['neurons', 'removed'], 'end'],
])('the title of %i rows takes no more room than they do, or hangs below', (count, title, anchor) => {
    const rows = Array.from({ length: count }, (_, i) => `x-${i}`);
    const { encoding } = heatmap([], { rows, columns: ['en'], rowTitle: 'neurons removed', columnTitle: 'asked in' });
    const { axis } = encoding!.y as { readonly axis: { readonly title: unknown; readonly titleAnchor?: string } };
    expect(axis.title).toEqual(title);
    expect(axis.titleAnchor).toBe(anchor);
});
