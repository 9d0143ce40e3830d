import type { TopLevelSpec } from 'vega-lite';
import type { Grid } from '../../experiments/results/DeactivationMatrix.js';
import type { SaidAnswers } from '../../experiments/givenAnswers/saidAnswers.js';
import { isDeactivation } from '../../interventions/Operation.js';
import { stateWords } from '../../interventions/operationWords.js';
import { capitalized, formatCompact, formatShare } from '../../support/format.js';
import { sum } from '../../support/averages.js';
import { besideUpTo, heatmap, type HeatmapCell } from './heatmap.js';
import { figureFrame, type Panel } from './theme.js';

/** Narrower than a matrix of changes: these numbers have three digits at most. */
const step = 34;

/** On an axis, answers whose language is not recognised. */
const unknown = '?';

/** The answers where the neurons of the language asked are changed, [asked][told]; the whole model's without such. */
export function ownGrid({ rows, asked, whole, changed }: SaidAnswers): Grid {
    return asked.map((language, a) => (changed[rows.indexOf(language)] ?? whole)[a]!);
}

/**
 * In which languages answers are: by the language asked, whole and where its neurons are changed; and how many leave
 * the language asked where the neurons of each language are changed.
 */
export function answerLanguagesFigure(answers: SaidAnswers): TopLevelSpec {
    const own = ownGrid(answers);
    const beside = answers.told.length <= besideUpTo;
    const panels = [
        toldPanel('The whole model', answers, answers.whole),
        toldPanel(capitalized(stateWords('the language’s own neurons', answers.operation)), answers, own),
    ];
    return {
        ...figureFrame,
        spacing: 26,
        vconcat: [...(beside ? [{ spacing: 26, hconcat: panels }] : panels), leavingPanel(answers)],
    };
}

function toldPanel(title: string, { asked, told }: SaidAnswers, counts: Grid): Panel {
    const shown = told.map((_, t) => t).filter((t) => t < asked.length || counts.some((row) => row[t]! > 0));
    const cells = asked.flatMap((language, a) =>
        shown.map((t): HeatmapCell => {
            const share = shareOf(counts[a]!, t);
            const isOwn = told[t] === language;
            return cell(language, told[t] ?? unknown, share, {
                position: told[t] === undefined || share === 0 ? null : isOwn ? -share : share,
                outlined: isOwn,
                hover: `Asked in ${language}, answered in ${told[t] ?? 'an unknown language'}: ${formatShare(share)}`,
            });
        }),
    );
    return heatmap(cells, {
        title,
        rows: asked,
        columns: shown.map((t) => told[t] ?? unknown),
        rowTitle: 'asked in',
        columnTitle: 'answered in',
        step,
    });
}

function leavingPanel({ operation, rows, asked, told, changed }: SaidAnswers): Panel {
    const done = isDeactivation(operation) ? 'removed' : 'changed';
    const cells = rows.flatMap((row, r) =>
        asked.map((language, a): HeatmapCell => {
            const counts = changed[r]![a]!;
            const share = sum(
                told.map((answer, t) => (answer === undefined || answer === language ? 0 : shareOf(counts, t))),
            );
            return cell(row, language, share, {
                position: share === 0 ? null : share,
                outlined: row === language,
                hover: `Neurons of ${row} ${done}, asked in ${language}: ${formatShare(share)} in another language`,
            });
        }),
    );
    return heatmap(cells, {
        title: 'Answers in another language than the question’s',
        rows,
        columns: asked,
        rowTitle: `neurons ${done}`,
        columnTitle: 'asked in',
        step,
    });
}

function cell(
    row: string,
    column: string,
    share: number,
    look: Pick<HeatmapCell, 'position' | 'outlined' | 'hover'>,
): HeatmapCell {
    return { row, column, text: share === 0 ? '' : formatCompact(Math.round(100 * share)), ...look };
}

function shareOf(counts: readonly number[], t: number): number {
    const all = sum(counts);
    return all === 0 ? 0 : counts[t]! / all;
}
