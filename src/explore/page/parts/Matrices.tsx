import type { ComponentChild } from 'preact';
import type { SiteMatrix, SiteSummary } from '../../siteFormat.js';
import { changeSettings, route } from '../data/route.js';
import { Heatmap } from './Heatmap.js';
import { formatCount } from '../../../support/format.js';

const orders = { given: 'as given', effect: 'by effect on themselves', script: 'by script' } as const;

/** One of the measured matrices: languages changed against languages evaluated. */
export function Matrices({ summary }: { summary: SiteSummary }): ComponentChild {
    const { settings } = route.value;
    const chosen = Math.max(0, Math.min(summary.matrices.length - 1, Number(settings.get('matrix') ?? 0) || 0));
    const matrix = summary.matrices[chosen]!;
    const order = settings.get('order') ?? 'given';
    const rows = orderOf(matrix.rows, matrix, summary, order);
    const columns = orderOf(matrix.columns, matrix, summary, order);
    const strongest = Math.max(
        ...matrix.cells.flat().map(({ effect, real }) => (real ? scaled(effect ?? 0) : 0)),
        1e-9,
    );
    return (
        <>
            <p class="tools">
                <label>
                    Measured{' '}
                    <select
                        value={chosen}
                        onChange={({ currentTarget }) => changeSettings({ matrix: currentTarget.value })}
                    >
                        {summary.matrices.map(({ title }, i) => (
                            <option key={title} value={i}>
                                {title}
                            </option>
                        ))}
                    </select>
                </label>
                <label>
                    Order{' '}
                    <select
                        value={order}
                        onChange={({ currentTarget }) => changeSettings({ order: currentTarget.value })}
                    >
                        {Object.entries(orders).map(([name, label]) => (
                            <option key={name} value={name}>
                                {label}
                            </option>
                        ))}
                    </select>
                </label>
            </p>
            <p>
                Rows: the language whose neurons are changed. Columns: the language that is evaluated. Grey cells do not
                differ from as many random neurons of the same layers.
            </p>
            <Heatmap
                caption={matrix.title}
                rowTitle="changed"
                columnTitle="evaluated"
                rows={rows.map((r) => matrix.rows[r]!)}
                columns={columns.map((c) => matrix.columns[c]!)}
                cells={rows.map((r) =>
                    columns.map((c) => {
                        const cell = matrix.cells[r]![c]!;
                        const { effect, real, effectText, baselineText, valueText, controlText } = cell;
                        const neurons = matrix.neurons[r] ?? 0;
                        return {
                            text: effectText,
                            strength:
                                real && effect !== null
                                    ? Math.sign(effect * matrix.harm) * (scaled(effect) / strongest)
                                    : null,
                            tip:
                                `${matrix.columns[c]} with ${formatCount(neurons)} neurons ` +
                                `of ${matrix.rows[r]} changed: ` +
                                `${baselineText} becomes ${valueText} (${effectText}); random neurons: ${controlText}` +
                                (real ? '' : '; no difference from these can be told'),
                        };
                    }),
                )}
            />
        </>
    );
}

/** Effects span three orders of magnitude. */
function scaled(effect: number): number {
    return Math.log1p(10 * Math.abs(effect));
}

function orderOf(tags: readonly string[], matrix: SiteMatrix, { languages }: SiteSummary, order: string): number[] {
    const places = [...tags.keys()];
    const scriptOf = (i: number): string => languages.find(({ tag }) => tag === tags[i])?.script ?? '';
    const ownEffect = (i: number): number => {
        const [r, c] = [matrix.rows.indexOf(tags[i]!), matrix.columns.indexOf(tags[i]!)];
        return matrix.harm * (matrix.cells[r]?.[c]?.effect ?? -Infinity);
    };
    if (order === 'script') return places.sort((a, b) => scriptOf(a).localeCompare(scriptOf(b)) || a - b);
    if (order === 'effect') return places.sort((a, b) => ownEffect(b) - ownEffect(a) || a - b);
    return places;
}
