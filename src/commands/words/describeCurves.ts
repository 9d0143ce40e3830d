import { heldOutSentences } from '../../experiments/matrices/caveats.js';
import { metricOf } from '../../experiments/registry/metrics.js';
import type { DoseCurves } from '../../experiments/results/DoseCurves.js';
import { shownShares } from '../../experiments/metric/shownShares.js';
import { dosePoints } from '../../experiments/resultFiles/doseTable.js';
import { doneWords } from '../../interventions/operationWords.js';
import { formatPlainShare } from '../../support/format.js';
import { wrapText } from '../../support/wrapText.js';
import { type AlignedColumn, alignedTable } from './alignedTable.js';
import { effectNumber, effectUnit } from './effectCells.js';

/** For each language and dose: what it does to that language and to the others, beside random neurons. */
export function describeCurves(curves: DoseCurves): string {
    const { metric, operation } = curves;
    const number = (effect: number | null): string => (effect === null ? '–' : effectNumber(metric, effect));
    const own = { group: 'in the language itself', right: true };
    const others = { group: 'in the others', right: true };
    const columns: AlignedColumn[] = [
        { heading: 'language' },
        { heading: 'dose', right: true },
        { heading: 'neurons', right: true },
        { ...own, heading: 'own' },
        { ...own, heading: 'random' },
        { ...own, heading: 'least to greatest' },
        { ...others, heading: 'own' },
        { ...others, heading: 'random' },
    ];
    const rows = dosePoints(curves).map(({ language, share, neurons, isAll, inOwn, inOthers }) => [
        language,
        `${Number((100 * share).toPrecision(12))} %`,
        `${isAll ? 'all ' : ''}${neurons}`,
        number(inOwn.own),
        number(inOwn.random),
        `${number(inOwn.lowest)} to ${number(inOwn.highest)}`,
        number(inOthers.own),
        number(inOthers.random),
    ]);
    return [
        ...heldOutSentences(curves).flatMap((sentence) => wrapText(sentence, process.stdout.columns ?? 80)),
        `change of ${metricOf(metric).noun} (${effectUnit(metric)}), ` +
            `the first neurons of a language ${doneWords(operation)}`,
        alignedTable(columns, rows),
        ...wholeAnswers(curves),
    ].join('\n');
}

/** Of a metric with shares beside it, what it starts from: its value and theirs. */
function wholeAnswers({ metric, languages, doses: [first] }: DoseCurves): string[] {
    const kind = metricOf(metric);
    const found = first === undefined ? [] : shownShares(first.set, kind);
    if (first === undefined || found.length === 0) return [];
    const { baseline, columns } = first.set;
    const shares = [
        { heading: kind.noun, of: baseline, format: kind.formatPlain },
        ...found.flatMap(({ words: { heading, usual }, share: { baseline: of } }) =>
            heading === undefined || of.every((share) => share === usual)
                ? []
                : [{ heading, of, format: formatPlainShare }],
        ),
    ];
    if (shares.length === 1 && kind.inputs === 'texts') return [];
    const rows = languages.map((language) => {
        const c = columns.indexOf(language);
        return [language, ...shares.map(({ of, format }) => (c < 0 ? '' : format(of[c]!)))];
    });
    return [
        `${kind.sharesOf ?? 'answers'} of the whole model`,
        alignedTable([{ heading: 'language' }, ...shares.map(({ heading }) => ({ heading, right: true }))], rows),
    ];
}
