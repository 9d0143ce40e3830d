import { siteName } from '../engine/Site.js';
import { analysisSites, type NeuronAnalysis } from '../neurons/NeuronAnalysis.js';
import type { DeactivationMatrix } from '../experiments/DeactivationMatrix.js';
import { languageOverlap } from '../neurons/languageOverlap.js';
import { metricOf } from '../experiments/metrics.js';
import { doneWords } from '../interventions/operationWords.js';
import { englishName } from '../languages/englishName.js';
import { cellsOf, setsOf } from '../report/matrixFacts.js';
import { datasetLabel } from '../report/page/datasetLabel.js';
import type { ReportInput } from '../report/Report.js';
import { setLabel } from '../report/setSentences.js';
import { stagesSentence } from '../report/stagesSentence.js';
import { toolVersion } from '../versions.js';
import type { NeuronColumns } from './neuronColumns.js';
import { nativeName } from '../languages/nativeName.js';
import { scriptOf } from '../languages/scriptOf.js';
import { type SiteLanguage, type SiteMatrix, type SiteSummary, siteVersion } from './siteFormat.js';

/** What the page shows before it has read a column. */
export function siteSummary(input: ReportInput, columns: NeuronColumns): SiteSummary {
    const { analysis, source, title } = input;
    const { shared, jaccard } = languageOverlap(analysis);
    return {
        format: 'language-neurons/explore',
        version: siteVersion,
        title,
        toolVersion,
        model: { name: source.model.name, quantization: source.model.quantization },
        dataset: datasetLabel(source.dataset.name),
        method: analysis.method,
        topRate: analysis.topRate,
        lambda: analysis.lambda,
        threshold: analysis.threshold,
        selected: analysis.selected,
        general: analysis.general,
        languages: analysis.languages.map((tag) => languageOf(tag, input)),
        sites: analysisSites(analysis).map((site) => {
            const { layer, kind, width, experts } = site;
            return { layer, kind, width, experts, name: siteName(site) };
        }),
        layers: analysis.layers,
        overlap: { shared, jaccard },
        stages: stagesSentence(analysis.stages),
        warnings: input.warnings ?? [],
        matrices: input.matrices.flatMap(matricesOf),
        columns: {
            classified: columns.classified.spec,
            scores: columns.scores.spec,
            counts: columns.counts.spec,
            ...(columns.routed === undefined ? {} : { routed: columns.routed.spec }),
        },
    };
}

function languageOf(tag: string, { analysis, tokens }: { analysis: NeuronAnalysis } & ReportInput): SiteLanguage {
    const { specific, related } = analysis.perLanguage[tag]!;
    return {
        tag,
        english: englishName(tag),
        own: nativeName(tag) ?? englishName(tag),
        ...scriptOf(tag),
        tokens: tokens[tag]!,
        specific,
        related,
    };
}

function matricesOf(matrix: DeactivationMatrix): SiteMatrix[] {
    const { noun, harm, formatEffect, formatValue } = metricOf(matrix.metric);
    return setsOf(matrix).map(([name, set]) => ({
        title: `${noun}, ${setLabel(name)} neurons ${doneWords(matrix.operation)}`,
        harm,
        rows: set.rows,
        columns: set.columns,
        neurons: set.neurons,
        cells: cellsOf(set, matrix.metric).map((row) =>
            row.map(({ effect, value, baseline, controlEffect, noise, samples }) => ({
                effect: effect !== null && Number.isFinite(effect) ? effect : null,
                effectText: formatEffect(effect),
                valueText: formatValue(value),
                baselineText: formatValue(baseline),
                controlText: formatEffect(controlEffect),
                real: !noise,
                samples,
            })),
        ),
    }));
}
