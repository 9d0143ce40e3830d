import { heldOutSentences } from '../../experiments/matrices/caveats.js';
import type { DoseCurves } from '../../experiments/results/DoseCurves.js';
import { type DosePoint, dosePoints, doseTable } from '../../experiments/resultFiles/doseTable.js';
import { doneWords } from '../../interventions/operationWords.js';
import { doseFigure } from '../figures/doseFigure.js';
import { capitalized, formatList, formatQuantity, formatShare } from '../../support/format.js';
import { html, type Html } from '../../support/html.js';
import { meanWords } from '../../experiments/statistics/meanEffect.js';
import { meanOfFinite } from '../facts/numbers.js';
import { metricOf } from '../../experiments/registry/metrics.js';
import { resultPrefix } from '../tables/deactivationTable.js';
import { htmlTable } from '../tables/htmlTable.js';
import { section, type Section } from './Section.js';

/** What more and more of each language's neurons do. */
export function doseSection(curves: DoseCurves): Section {
    const { metric, operation, languages, doses } = curves;
    const words = metricOf(metric);
    const done = doneWords(operation);
    const points = dosePoints(curves);
    const table = { name: `dose.${resultPrefix(curves)}`, ...doseTable(curves) };
    const seeds = doses[0]?.set.controls.length ?? 0;
    const inSome = (is: (point: DosePoint) => boolean): string[] =>
        languages.filter((language) => points.some((point) => point.language === language && is(point)));
    const found = inSome(({ neurons }) => neurons > 0);
    const without = languages.filter((language) => !found.includes(language));
    const exhausted = inSome(({ isAll, neurons }) => isAll && neurons > 0);
    return section('dose', table, {
        title: `${capitalized(words.noun)} as more and more neurons are ${done}`,
        spec: doseFigure(curves),
        label:
            `Change of ${words.noun} where the first neurons of each language are ${done}, by their share, in the ` +
            'language itself and in the others, beside random neurons',
        wide: true,
        caption: html` <p>${[...heldOutSentences(curves), ...doseSentences(points, curves)].join(' ')}</p>
            <p>
                Each panel is a language. From left to right more of its neurons are ${done}: those that are high in the
                language but not in all, in the order of their scores, the lowest first. Its specific and related ones
                come first, then those that a greater top rate would select. A dose is a share of all neurons
                assessed.${
                    exhausted.length > 0 &&
                    html` ${formatList(exhausted)} ${exhausted.length === 1 ? 'has' : 'have'} fewer than the largest
                    dose; there the curve ends with all.`
                }${
                    without.length > 0 &&
                    html` ${formatList(without)} ${without.length === 1 ? 'has' : 'have'} no neurons at these doses.`
                }
                The shaded band is of as many random neurons of the same layers, from the least to the greatest value of
                ${formatQuantity(seeds, 'seed')}.
                ${
                    words.relative
                        ? html`${capitalized(words.plural)} are multiples of the whole model’s.`
                        : html`Changes are in ${words.unit}.`
                }
            </p>`,
        numbers: numbers(points, curves),
    });
}

/** At the largest dose: where the own language is hurt beyond the random range, and beyond the others. */
export function doseSentences(points: readonly DosePoint[], { metric, languages, doses }: DoseCurves): string[] {
    const words = metricOf(metric);
    const { harm, noun, formatEffect } = words;
    const last = doses.at(-1);
    const found = points.filter(({ share, neurons }) => share === last?.share && neurons > 0);
    const beyond = found.filter(({ inOwn: { own, lowest, highest } }) => {
        const worst = harm > 0 ? highest : lowest;
        return own !== null && worst !== null && harm * own > harm * worst;
    });
    const average = (of: (point: DosePoint) => number | null): string =>
        formatEffect(meanOfFinite(found.map(of), words));
    if (last === undefined || found.length === 0) return ['No language has neurons at these doses.'];
    return [
        `At ${formatShare(last.share)} the language’s own ${noun} is worse than with any of its random controls in ` +
            `${beyond.length} of ${formatQuantity(languages.length, 'language')}.`,
        `${capitalized(meanWords(words))} it changes by ${average(({ inOwn }) => inOwn.own)} ` +
            `(random neurons: ${average(({ inOwn }) => inOwn.random)}), ` +
            `that of the others by ${average(({ inOthers }) => inOthers.own)} ` +
            `(random neurons: ${average(({ inOthers }) => inOthers.random)}).`,
    ];
}

function numbers(points: readonly DosePoint[], { metric }: DoseCurves): Html {
    const { formatEffect } = metricOf(metric);
    const effect = (value: number | null): string => formatEffect(value);
    return htmlTable(
        {
            name: 'doses',
            columns: ['language', 'dose', 'neurons', 'itself', 'itself, random', 'others', 'others, random'],
            rows: points.map(({ language, share, neurons, inOwn, inOthers }) => [
                language,
                share,
                neurons,
                inOwn.own,
                inOwn.random,
                inOthers.own,
                inOthers.random,
            ]),
        },
        {
            formats: {
                dose: formatShare,
                itself: effect,
                'itself, random': effect,
                others: effect,
                'others, random': effect,
            },
        },
    );
}
