import { commonScale } from '../figures/shownCells.js';
import { setsOf } from '../facts/matrixFacts.js';
import { setLabel } from '../facts/setSentences.js';
import type { DeactivationMatrix, DeactivationSet } from '../../experiments/results/DeactivationMatrix.js';
import type { ReportInput } from '../input/Report.js';
import { answerLanguagesSection } from './answerLanguagesSection.js';
import { checkSections } from './checkSections.js';
import { comparisonSections } from './comparisonSections.js';
import { cutSection } from './cutSection.js';
import { deactivationSection } from './deactivationSection.js';
import { expertsSection } from './expertsSection.js';
import { histogramSection } from './histogramSection.js';
import { languagesSection } from './languagesSection.js';
import { layerLanguagesSection } from './layerLanguagesSection.js';
import { overviewSection } from './overviewSection.js';
import { layersSection } from './layersSection.js';
import { lensSection } from './lensSection.js';
import { overlapSection, showsOverlap } from './overlapSection.js';
import { doseSection } from './doseSection.js';
import { chapterTitles, type Section } from './Section.js';
import { quantsSection } from './quantsSection.js';
import { stabilitySection } from './stabilitySection.js';
import { tuneSection } from './tuneSection.js';

/** Share of a set's neurons that another set may have more or fewer and be nearly the same. */
const nearly = 0.05;

/** All sections of a report in the order of the page. */
export function buildSections(input: ReportInput): Section[] {
    const chapters = [...chapterTitles(input).keys()];
    const place = ({ chapter }: Section): number => chapters.indexOf(chapter);
    const sections = [
        ...overviewSection(input),
        layersSection(input),
        languagesSection(input),
        layerLanguagesSection(input),
        ...(showsOverlap(input.analysis) ? [overlapSection(input.analysis)] : []),
        ...(input.analysis.experts === undefined ? [] : [expertsSection(input, input.analysis.experts)]),
        ...(input.analysis.stability === undefined ? [] : [stabilitySection(input.analysis.stability)]),
        ...(input.lens === undefined || input.lens.languages.length === 0 ? [] : [lensSection(input.lens)]),
        histogramSection(input),
        ...matrixSections(input.matrices),
        ...(input.answers ?? []).map(answerLanguagesSection),
        ...(input.curves ?? []).map(doseSection),
        ...(input.comparison === undefined ? [] : comparisonSections(input.comparison)),
        ...(input.tunes ?? []).flatMap(tuneSection),
        ...(input.quants === undefined ? [] : [quantsSection(input.quants)]),
        ...checkSections(input.checks ?? []),
    ];
    return sections.sort((a, b) => place(a) - place(b));
}

function matrixSections(matrices: readonly DeactivationMatrix[]): Section[] {
    return matrices.flatMap((matrix) => {
        const scale = commonScale(matrix);
        return setsOf(matrix).flatMap(([name, set], i, sets) => {
            const section = deactivationSection(name, set, matrix, scale);
            const before = sets[i - 1];
            const shown =
                before !== undefined && areNearlyEqual(before[1], set)
                    ? {
                          ...section,
                          folded: `Nearly the same neurons, and nearly the same numbers, as ${setLabel(before[0])}.`,
                      }
                    : section;
            return [shown, ...cutSection(name, set, matrix)];
        });
    });
}

/** Whether the second set adds hardly a neuron to the first, in any row. */
function areNearlyEqual(first: DeactivationSet, second: DeactivationSet): boolean {
    return (
        first.rows.length === second.rows.length &&
        first.rows.every((row, r) => {
            const [fewer, more] = [first.neurons[r] ?? 0, second.neurons[r] ?? 0];
            return row === second.rows[r] && more > 0 && Math.abs(more - fewer) <= nearly * more;
        })
    );
}
