import { wholeEstimate } from '../../experiments/matrices/wholeEstimate.js';
import { metricOf } from '../../experiments/registry/metrics.js';
import type { DeactivationMatrix } from '../../experiments/results/DeactivationMatrix.js';
import { analysisFacts, type AnalysisFacts, type Extreme } from '../facts/analysisFacts.js';
import { formatCount, formatLarge, formatList, formatQuantity, formatShare } from '../../support/format.js';
import { html, type Html } from '../../support/html.js';
import { comparisonSummary } from './comparisonSentences.js';
import { sum } from '../../support/averages.js';
import { ownValue } from '../facts/numbers.js';
import type { ReportInput } from '../input/Report.js';
import type { Stages } from '../../neurons/analysis/NeuronAnalysis.js';

/** Most sources that a sentence names. */
const mostNamed = 3;

/** What was examined and what was found, in words made from the data. */
export function summary(input: ReportInput): Html {
    const facts = analysisFacts(input.analysis);
    const { model, dataset } = input.source;
    const { languages, topRate } = input.analysis;
    const tokens = sum(languages, (language) => ownValue(input.tokens, language) ?? 0);
    const unclassified =
        facts.unclassified > 0 &&
        html`; the other ${formatCount(facts.unclassified)} are high in no language and stay without a class`;
    return html` <section class="summary">
        ${keyNumbers(input)}
        <p>
            ${model.name} (${model.quantization}) was observed on ${datasetLabel(dataset.name)} in
            ${formatQuantity(languages.length, 'language')} (${formatList(languages)}), over ${formatLarge(tokens)}
            counted tokens.
        </p>
        <p>
            Of its ${formatCount(facts.neurons)} feed-forward neurons, the ${formatCount(facts.selected)} whose activity
            depends most on the language were selected (${formatShare(topRate)}). Of these,
            ${formatCount(facts.specific)} (${share(facts.specific, facts.selected)}) are
            <b class="specific">specific</b> to one language and ${formatCount(facts.related)}
            (${share(facts.related, facts.selected)}) are <b class="related">related</b> to several${unclassified}.
            ${formatCount(facts.general)} neurons (${share(facts.general, facts.neurons)} of all) are
            <b class="general">general</b>: high in every language.
        </p>
        <p>${extremes(facts, languages.length)} ${stagesSentence(input.analysis.stages)}</p>
        ${certainty(input)}${input.matrices.map(wholeModel)}${comparisonSummary(input.comparison)}
    </section>`;
}

function certainty({ analysis: { stability } }: ReportInput): Html | false {
    if (stability === undefined) return false;
    const { specific, related, general } = stability.classes;
    return html`<p>
        With one of ${stability.folds} parts of the texts left out, ${formatShare(specific.kept)} of the specific,
        ${formatShare(related.kept)} of the related and ${formatShare(general.kept)} of the general neurons keep their
        class.
    </p>`;
}

/** Of a matrix without sets: what the whole model gets. */
function wholeModel(matrix: DeactivationMatrix): Html | false {
    if (Object.keys(matrix.sets).length > 0) return false;
    const { noun, formatPlain } = metricOf(matrix.metric);
    const values = matrix.languages.map(
        (language) => `${formatPlain(wholeEstimate(matrix, language).value)} in ${language}`,
    );
    return html`<p>No neurons were removed. The whole model’s ${noun} is ${formatList(values)}.</p>`;
}

/** The numbers of the headline at a glance. */
function keyNumbers(input: ReportInput): Html {
    const facts = analysisFacts(input.analysis);
    const tile = (value: string, label: string, kind = '') =>
        html` <div class="tile ${kind}"><b>${value}</b><span>${label}</span></div>`;
    return html`<div class="tiles">
        ${tile(formatCount(input.analysis.languages.length), 'languages')}
        ${tile(formatCount(facts.neurons), `neurons, ${formatQuantity(input.analysis.layers.length, 'layer')}`)}
        ${tile(formatCount(facts.selected), 'selected')} ${tile(formatCount(facts.specific), 'specific', 'specific')}
        ${tile(formatCount(facts.related), 'related', 'related')}
        ${tile(formatCount(facts.general), 'general', 'general')}
    </div>`;
}

function extremes(facts: AnalysisFacts, l: number): string {
    if (facts.most.value === 0) return 'No language has neurons of its own.';
    if (facts.most.items.length === l) return `Every language has ${formatQuantity(facts.most.value, 'neuron')}.`;
    const name = ({ items, value }: Extreme<string>) => `${formatList(items)} (${formatCount(value)})`;
    return `Most neurons, specific and related together: ${name(facts.most)}; fewest: ${name(facts.fewest)}.`;
}

function share(part: number, whole: number): string {
    return formatShare(whole === 0 ? null : part / whole);
}

/** The sources of a dataset for a sentence: without their folders, and counted where they are many. */
export function datasetLabel(name: string): string {
    const sources = name.split(' + ').map((source) => source.replace(/^.*[/\\](?=.)/, ''));
    return sources.length > mostNamed ? `${sources.length} sources` : sources.join(', ');
}

/** Whether and where the four stages are, in a sentence. */
export function stagesSentence({ seen, reason, stages, confidence }: Stages): string {
    if (!seen) return `The four stages are not seen in this model: ${reason ?? 'its layers do not show them'}.`;
    const places = stages.map(
        ({ name, first, last }, index) =>
            `${index + 1} ${name}, ${first === last ? `layer ${first}` : `layers ${first} to ${last}`}`,
    );
    return (
        `The four stages are seen in this model: ${places.join('; ')} ` +
        `(shaded by turns; confidence ${formatConfidence(confidence)}).`
    );
}

/** A share below 1 is never shown as 100 %. */
export function formatConfidence(confidence: number): string {
    const percent = Math.floor(confidence * 1000) / 10;
    return `${percent.toFixed(percent > 99 || percent === 0 ? 1 : 0).replace(/\.0$/, '')}\u00a0%`;
}
