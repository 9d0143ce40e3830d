import type { ComponentChild } from 'preact';
import { formatCount, formatQuantity } from '../../../support/format.js';
import type { SiteMatrix } from '../../resultsFormat.js';
import type { SiteSummary } from '../../siteFormat.js';
import { languageOrders, orderedPlaces, readOrder } from '../data/languageOrder.js';
import { route } from '../data/route.js';
import { chosenPart } from '../data/chosenPart.js';
import { Choice } from './Choice.js';
import { type HeatCell, Heatmap } from './Heatmap.js';
import { languageHeading } from './languageText.js';
import { Part } from './Part.js';

/** One of the measured matrices: languages changed against languages evaluated. */
export function Matrices({ summary }: { summary: SiteSummary }): ComponentChild {
    const { settings } = route.value;
    const { matrices } = summary;
    const chosen = chosenPart(settings.get('matrix'), matrices);
    return (
        <>
            <p class="tools">
                <Choice
                    label="Measured"
                    name="matrix"
                    value={String(chosen)}
                    options={matrices.map(({ title }, i) => [String(i), title])}
                />
                <Choice
                    label="Order"
                    name="order"
                    value={readOrder(settings.get('order'))}
                    options={Object.entries(languageOrders)}
                />
                <Choice label="Shown" name="side" value={sideOf(settings)} options={Object.entries(sides)} />
            </p>
            <Part<SiteMatrix> part={matrices[chosen]!}>
                {(matrix) => <Matrix matrix={matrix} summary={summary} title={matrices[chosen]!.title} />}
            </Part>
        </>
    );
}

const sides = { own: 'the language’s neurons', control: 'as many random neurons' } as const;

function sideOf(settings: URLSearchParams): keyof typeof sides {
    return settings.get('side') === 'control' ? 'control' : 'own';
}

interface MatrixProps {
    readonly matrix: SiteMatrix;
    readonly summary: SiteSummary;
    readonly title: string;
}

function Matrix({ matrix, summary, title }: MatrixProps): ComponentChild {
    const { settings } = route.value;
    const { languages } = summary;
    const side = sideOf(settings);
    const order = readOrder(settings.get('order'));
    const ownHarm = (tag: string): number =>
        matrix.cells[matrix.rows.indexOf(tag)]?.[matrix.columns.indexOf(tag)]?.harm ?? -Infinity;
    const rows = orderedPlaces(matrix.rows, order, languages, ownHarm);
    const columns = orderedPlaces(matrix.columns, order, languages, ownHarm);
    const cellOf = (r: number, c: number): HeatCell => {
        const cell = matrix.cells[r]![c]!;
        const { text, position } = cell[side];
        return {
            text,
            position,
            isOutlined: matrix.rows[r] === matrix.columns[c],
            tip: tipOf(matrix, r, c),
        };
    };
    return (
        <>
            <p>{matrix.sentences}</p>
            <p class="small">
                Rows: the language whose neurons are {matrix.done}. Columns: the language that is evaluated. Numbers:
                change of its {matrix.noun} in {matrix.unit}. Grey cells do not differ from what as many random neurons
                of the same layers do (q above 5 %, over all cells). Outlined: a language under its own neurons.
            </p>
            <Heatmap
                caption={title}
                rowTitle="changed"
                columnTitle="evaluated"
                rows={rows.map((r) => languageHeading(matrix.rows[r]!, languages))}
                columns={columns.map((c) => languageHeading(matrix.columns[c]!, languages, true))}
                cellAt={(r, c) => cellOf(rows[r]!, columns[c]!)}
            />
        </>
    );
}

function tipOf(
    { rows, columns, neurons, noun, done, baselines, samples: kind, cells }: SiteMatrix,
    r: number,
    c: number,
) {
    const { own, control, value, interval, q, samples, shares } = cells[r]![c]!;
    const changed = neurons[r] === null ? 'neurons' : formatQuantity(neurons[r]!, 'neuron');
    return [
        `${columns[c]!}, ${changed} of ${rows[r]!} ${done}`,
        `${noun} ${baselines[c]!} becomes ${value}: ${own.words}${interval === '' ? '' : `, 95 % ${interval}`}`,
        ...(own.note === '' ? (q === '' ? [] : [`differs from random neurons: ${q}`]) : [own.note]),
        `random neurons: ${control.words}${control.note === '' ? '' : ` (${control.note.replace(/\.$/, '')})`}`,
        ...(shares ?? []),
        ...(samples === null ? [] : [`${kind}: ${formatCount(samples)}`]),
    ];
}
