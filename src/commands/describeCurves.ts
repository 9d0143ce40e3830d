import { metricOf } from '../experiments/metrics.js';
import type { DoseCurves } from '../experiments/DoseCurves.js';
import { dosePoints } from '../experiments/doseTable.js';
import { doneWords } from '../interventions/operationWords.js';
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
        `change of ${metricOf(metric).noun} (${effectUnit(metric)}), ` +
            `the first neurons of a language ${doneWords(operation)}`,
        alignedTable(columns, rows),
        ...wholeAnswers(curves),
    ].join('\n');
}

/** Of an accuracy, what it starts from: shares of right answers, right numbers, unknown languages, answers cut off. */
function wholeAnswers({ languages, doses: [first] }: DoseCurves): string[] {
    const { answers, baseline, columns } = first?.set ?? {};
    if (answers === undefined) return [];
    const shares = [
        { heading: 'right', of: baseline! },
        { heading: 'right number in any language', of: answers.number.baseline },
        { heading: 'unknown language', of: answers.unknownLanguage.baseline },
        { heading: 'cut off', of: answers.cut.baseline },
    ].filter(({ heading, of }) => heading !== 'cut off' || of.some((share) => share > 0));
    const rows = languages.map((language) => {
        const c = columns!.indexOf(language);
        return [language, ...shares.map(({ of }) => (c < 0 ? '' : `${(100 * of[c]!).toFixed(1)} %`))];
    });
    return [
        'answers of the whole model',
        alignedTable([{ heading: 'language' }, ...shares.map(({ heading }) => ({ heading, right: true }))], rows),
    ];
}
