import type { ComponentChild } from 'preact';
import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import type uPlot from 'uplot';
import { formatCount, formatQuantity, formatShort } from '../../../support/format.js';
import type { SiteCurves, SiteDose } from '../../resultsFormat.js';
import type { SiteSummary } from '../../siteFormat.js';
import { chosenPart } from '../data/chosenPart.js';
import { languageOrders, orderedPlaces, readOrder } from '../data/languageOrder.js';
import { route } from '../data/route.js';
import { Choice } from './Choice.js';
import { DataTable } from './DataTable.js';
import { Key } from './Key.js';
import { LanguageTag } from './languageText.js';
import { Part } from './Part.js';
import { axisColors, type ColorOf, Plot, type PlotSpec } from './Plot.js';
import { useTip } from './useTip.js';

const panelHeight = 190;
/** More panels are drawn when they come in sight. */
const mostAtOnce = 40;

type Curve = SiteCurves['languages'][number];

/** What ever more of each language's neurons do to it, to the others, and as many random ones to it. */
export function DoseCurves({ summary }: { summary: SiteSummary }): ComponentChild {
    const { settings } = route.value;
    const { curves, languages } = summary;
    const chosen = chosenPart(settings.get('dose'), curves);
    const order = readOrder(settings.get('doses'));
    return (
        <>
            <p class="tools">
                <Choice
                    label="Measured"
                    name="dose"
                    value={String(chosen)}
                    options={curves.map(({ title }, i) => [String(i), title])}
                />
                <Choice label="Order" name="doses" value={order} options={Object.entries(languageOrders)} />
            </p>
            <Part<SiteCurves> part={curves[chosen]!}>
                {(drawn) => {
                    const places = orderedPlaces(
                        drawn.languages.map(({ tag }) => tag),
                        order,
                        languages,
                        (tag) => lastOwn(drawn.languages.find((one) => one.tag === tag)!),
                    );
                    return <Panels drawn={drawn} shown={places.map((i) => drawn.languages[i]!)} summary={summary} />;
                }}
            </Part>
        </>
    );
}

/** How far the largest dose moves the language itself. */
function lastOwn({ doses }: Curve): number {
    const own = doses.at(-1)?.own ?? null;
    return own === null ? -Infinity : Math.abs(own);
}

interface PanelsProps {
    readonly drawn: SiteCurves;
    readonly shown: readonly Curve[];
    readonly summary: SiteSummary;
}

function Panels({ drawn, shown, summary }: PanelsProps): ComponentChild {
    const { noun, done, sentences, seeds, axis } = drawn;
    return (
        <>
            <p>{sentences}</p>
            <p class="small">
                More and more of a language’s neurons are {done}, in the order of the analysis’s score. Up: {noun},{' '}
                {axis}; from left to right: per cent of all neurons.
            </p>
            <p class="legend lines">
                <Key look="line specific" words="itself" />
                <Key look="line related dashed" words="others, in the mean" />
                <Key look="line muted dotted" words="itself, random neurons" />
                <Key look="area" words={`least and greatest of ${formatQuantity(seeds, 'seed')}`} />
            </p>
            <div class="panels">
                {shown.map((curve) => (
                    <Panel key={curve.tag} curve={curve} drawn={drawn} summary={summary} />
                ))}
            </div>
            <details>
                <summary>As a table</summary>
                <DoseTable shown={shown} summary={summary} />
            </details>
        </>
    );
}

function Panel({ curve, drawn, summary }: { curve: Curve; drawn: SiteCurves; summary: SiteSummary }): ComponentChild {
    const { tip, show, hide } = useTip();
    const spec = useMemo(
        (): PlotSpec => ({
            ...panelSpec(curve, drawn),
            onPoint: (index, box) => {
                if (index === null) hide();
                else show(tipOf(curve.doses[index]!, curve.tag, drawn), box);
            },
        }),
        [curve, drawn],
    );
    return (
        <div class="panel">
            <h3>
                <LanguageTag tag={curve.tag} languages={summary.languages} />
            </h3>
            <WhenSeen height={panelHeight} atOnce={drawn.languages.length <= mostAtOnce}>
                {() => <Plot spec={spec} />}
            </WhenSeen>
            {tip}
        </div>
    );
}

function tipOf({ neurons, share, words }: SiteDose, tag: string, { done }: SiteCurves): string[] {
    return [
        `${tag}, ${formatQuantity(neurons, 'neuron')} ${done} (${formatShort(share)} %)`,
        `itself: ${words.own}${words.interval === '' ? '' : `, 95 % ${words.interval}`}`,
        `others, in the mean: ${words.others}`,
        `itself, random neurons: ${words.random}`,
    ];
}

function panelSpec({ doses }: Curve, { x, y, xTicks, yTicks, isLogarithmic }: SiteCurves): PlotSpec {
    const values = (of: (dose: SiteDose) => number | null): (number | null)[] => doses.map(of);
    const line = (color: ColorOf, name: string, dash: number[]): uPlot.Series => ({
        stroke: color(name),
        width: 2,
        dash,
        points: { show: true, size: 5, fill: color(name) },
        spanGaps: true,
    });
    const edge: uPlot.Series = { width: 0, points: { show: false } };
    return {
        height: panelHeight,
        data: [
            doses.map(({ share }) => share),
            values(({ own }) => own),
            values(({ others }) => others),
            values(({ random }) => random),
            values(({ highest }) => highest),
            values(({ lowest }) => lowest),
        ],
        options: (color) => ({
            legend: { show: false },
            cursor: { drag: { x: false, y: false }, points: { show: true } },
            scales: {
                x: { time: false, distr: 3, range: [...x] },
                y: { distr: isLogarithmic ? 3 : 1, range: [...y] },
            },
            axes: [
                { ...axisColors(color), ...labelled(xTicks), size: 34, grid: { show: false } },
                { ...axisColors(color), ...labelled(yTicks), size: 46 },
            ],
            bands: [{ series: [4, 5], fill: color('faint') }],
            series: [
                {},
                line(color, 'specific', []),
                line(color, 'related', [6, 3]),
                line(color, 'muted', [2, 3]),
                edge,
                edge,
            ],
        }),
    };
}

/** An axis with these ticks, each with its label, where uPlot would leave some of a logarithmic axis without. */
function labelled(ticks: readonly number[]): Pick<uPlot.Axis, 'splits' | 'filter' | 'values'> {
    return { splits: () => [...ticks], filter: (_, splits) => splits, values: (_, splits) => splits.map(formatTick) };
}

const compact = new Intl.NumberFormat('en', { notation: 'compact', maximumSignificantDigits: 3 });
function formatTick(value: number): string {
    return compact.format(value).replace('-', '−');
}

function DoseTable({ shown, summary }: { shown: readonly Curve[]; summary: SiteSummary }): ComponentChild {
    return (
        <DataTable
            name="Table of doses"
            columns={['language', 'neurons', '% of all', 'itself', '95 % interval', 'others', 'random']}
            rows={shown.flatMap(({ tag, doses }) =>
                doses.map(({ neurons, share, words }) => [
                    <LanguageTag tag={tag} languages={summary.languages} />,
                    formatCount(neurons),
                    formatShort(share),
                    words.own,
                    words.interval,
                    words.others,
                    words.random,
                ]),
            )}
        />
    );
}

interface WhenSeenProps {
    readonly height: number;
    /** Made without waiting. */
    readonly atOnce: boolean;
    readonly children: () => ComponentChild;
}

/** What is made only when it is nearly in sight, or printed; until then a space of its height. */
function WhenSeen({ height, atOnce, children }: WhenSeenProps): ComponentChild {
    const box = useRef<HTMLDivElement>(null);
    const [seen, setSeen] = useState(atOnce);
    useEffect(() => {
        const show = (): void => setSeen(true);
        const observer = new IntersectionObserver(
            (entries) => entries.some(({ isIntersecting }) => isIntersecting) && show(),
            { rootMargin: '800px' },
        );
        observer.observe(box.current!);
        addEventListener('beforeprint', show);
        return () => {
            observer.disconnect();
            removeEventListener('beforeprint', show);
        };
    }, []);
    return (
        <div ref={box} style={{ minHeight: `${height}px` }}>
            {seen && children()}
        </div>
    );
}
