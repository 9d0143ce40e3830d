import type { CheckResult } from '../checks/CheckResult.js';
import { numberWords } from '../checks/checkWords.js';
import { siteName } from '../engine/types/Site.js';
import { analysisSites, type NeuronAnalysis } from '../neurons/analysis/NeuronAnalysis.js';
import { languageOverlap } from '../neurons/analysis/languageOverlap.js';
import { englishName } from '../languages/englishName.js';
import { languageFamily } from '../languages/languageFamily.js';
import { comparisonSentence } from '../report/sentences/comparisonSentences.js';
import { headline, mainFacts } from '../report/sentences/headline.js';
import { datasetLabel, stagesSentence } from '../report/sentences/summary.js';
import type { ReportInput } from '../report/input/Report.js';
import { plainText } from '../support/plainText.js';
import { layerLanguagesTable } from '../report/tables/analysisTables.js';
import { toolVersion } from '../versions.js';
import type { NeuronColumns } from './neuronColumns.js';
import { nativeName } from '../languages/nativeName.js';
import { scriptOf } from '../languages/scriptOf.js';
import type { SiteResults } from './siteResults.js';
import { type SiteCheck, type SiteLanguage, type SiteSummary, siteVersion } from './siteFormat.js';

/** What the page shows before it has read a column. */
export function siteSummary(
    input: ReportInput,
    columns: NeuronColumns,
    { parts }: SiteResults,
): Omit<SiteSummary, 'hasExamples' | 'tokenBlocks'> {
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
        layerLanguages: layerLanguagesTable(analysis).rows.map(([, ...counts]) => counts as number[]),
        stages: {
            sentence: stagesSentence(analysis.stages),
            layers: analysis.stages.seen ? analysis.stages.stages.map(({ first, last }) => [first, last] as const) : [],
        },
        found: found(input),
        warnings: input.warnings ?? [],
        checks: (input.checks ?? []).map(checkOf),
        ...parts,
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
        ...languageFamily(tag),
        tokens: tokens[tag]!,
        specific,
        related,
    };
}

/** What was found, in the report’s words: what a removal does where one was measured, and what a comparison shows. */
function found(input: ReportInput): string {
    return [
        ...(mainFacts(input) === undefined ? [] : [plainText(headline(input))]),
        ...(input.comparison === undefined ? [] : [comparisonSentence(input.comparison)]),
    ].join(' ');
}

function checkOf({ name, question, verdict, sentence, numbers }: CheckResult): SiteCheck {
    return {
        ...{ name, question, verdict, sentence },
        numbers: numbers.map((one) => ({ name: one.name, words: numberWords(one) })),
    };
}
