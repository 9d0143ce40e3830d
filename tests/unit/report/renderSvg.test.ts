import { expect, it, vi } from 'vitest';
import { figureRemarks, renderSvg } from '../../../src/report/figures/renderSvg.js';

it("Vega's remarks on a figure reach those who listen for them, and no console", async () => {
    const methods = ['log', 'info', 'warn', 'error', 'debug'] as const;
    const spies = methods.map((name) => vi.spyOn(console, name).mockImplementation(() => undefined));
    const remarks: unknown[] = [];
    const listen = (remark: unknown): void => void remarks.push(remark);
    figureRemarks.subscribe(listen);
    const svg = await renderSvg(
        {
            data: { values: [{ a: 1 }] },
            mark: { type: 'point', color: 'red', fill: 'blue' },
            encoding: { x: { field: 'a', type: 'quantitative' }, size: { field: 'nowhere', type: 'nominal' } },
        },
        'one',
        'a figure',
    );
    figureRemarks.unsubscribe(listen);
    expect(svg).toContain('<svg');
    expect(remarks).toContainEqual(expect.stringMatching(/^one: /));
    for (const spy of spies) expect(spy).not.toHaveBeenCalled();
    vi.restoreAllMocks();
});
