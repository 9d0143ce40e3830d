import { isDeactivation } from '../../interventions/Operation.js';
import { commonScale } from '../figures/deactivationFigure.js';
import { setsOf } from '../matrixFacts.js';
import type { DeactivationMatrix } from '../../experiments/DeactivationMatrix.js';
import type { ReportInput } from '../Report.js';
import { comparisonSections } from './comparisonSections.js';
import { deactivationSection } from './deactivationSection.js';
import { expertsSection } from './expertsSection.js';
import { histogramSection } from './histogramSection.js';
import { languagesSection } from './languagesSection.js';
import { layersSection } from './layersSection.js';
import { doseSection } from './doseSection.js';
import type { Section } from './Section.js';
import { stabilitySection } from './stabilitySection.js';

/** All sections of a report in the order of the page. */
export function buildSections(input: ReportInput): Section[] {
    return [
        layersSection(input),
        languagesSection(input),
        ...(input.analysis.experts === undefined ? [] : [expertsSection(input, input.analysis.experts)]),
        ...(input.analysis.stability === undefined ? [] : [stabilitySection(input.analysis.stability)]),
        histogramSection(input),
        ...matrixSections(input.matrices.filter(({ operation }) => isDeactivation(operation))),
        ...matrixSections(input.matrices.filter(({ operation }) => !isDeactivation(operation))),
        ...(input.curves ?? []).map(doseSection),
        ...(input.comparison === undefined ? [] : comparisonSections(input.comparison)),
    ];
}

function matrixSections(matrices: readonly DeactivationMatrix[]): Section[] {
    return matrices.flatMap((matrix) =>
        setsOf(matrix).map(([name, set]) => deactivationSection(name, set, matrix, commonScale(matrix))),
    );
}
