import { metricOf } from '../experiments/metrics.js';
import type { DoseCurves } from '../experiments/DoseCurves.js';
import { type DoseEffect, dosePoints } from '../experiments/doseTable.js';
import { doneWords } from '../interventions/operationWords.js';

/** For each language and dose: what it does to that language and to the others, beside random neurons. */
export function describeCurves(curves: DoseCurves): string {
    const { metric, operation, languages } = curves;
    const { noun, relative } = metricOf(metric);
    const unit = relative ? '%' : 'points';
    const signed = (effect: number | null): string => {
        if (effect === null) return '–';
        const rounded = Number((100 * effect).toFixed(1));
        return `${rounded > 0 ? '+' : ''}${(rounded === 0 ? 0 : rounded).toFixed(1)} ${unit}`; // 0 for -0 too
    };
    const effectWords = ({ own, random, lowest, highest }: DoseEffect): string =>
        `${signed(own)}; ${signed(random)} (${signed(lowest)} to ${signed(highest)})`;
    const points = dosePoints(curves);
    return [
        `change of ${noun} where the first neurons of a language are ${doneWords(operation)}; ` +
            'random ones (least to greatest):',
        ...languages.flatMap((language) =>
            points
                .filter((point) => point.language === language)
                .map(({ share, neurons, isAll, inOwn, inOthers }) => {
                    const changed = isAll ? `all its ${neurons} neurons` : `${neurons} neurons`;
                    const dose = `${Number((100 * share).toPrecision(12))} %, ${changed}`;
                    return `  ${language}  ${dose}: ${effectWords(inOwn)}; others on average ${effectWords(inOthers)}`;
                }),
        ),
        ...wholeAnswers(curves),
    ].join('\n');
}

/** Of an accuracy, what it starts from: shares of right answers, right numbers, unknown languages, answers cut off. */
function wholeAnswers({ languages, doses: [first] }: DoseCurves): string[] {
    const { answers, baseline, columns } = first?.set ?? {};
    if (answers === undefined) return [];
    return languages.map((language) => {
        const c = columns!.indexOf(language);
        const of = (shares: readonly number[]): string => `${(100 * shares[c]!).toFixed(1)} %`;
        const { cut } = answers;
        return (
            `  ${language}  whole: ${of(baseline!)}; right number in any language ${of(answers.number.baseline)}; ` +
            `in an unknown language ${of(answers.unknownLanguage.baseline)}` +
            (cut.baseline[c]! > 0 ? `; cut off ${of(cut.baseline)}` : '')
        );
    });
}
