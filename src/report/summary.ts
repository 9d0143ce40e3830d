import { analysisFacts, type AnalysisFacts, type Extreme } from './analysisFacts.js';
import { formatCount, formatLarge, formatList, formatQuantity, formatShare } from '../support/format.js';
import { html, type Html } from './html.js';
import { datasetLabel } from './page/datasetLabel.js';
import { comparisonSummary } from './comparisonSentences.js';
import { stagesSentence } from './stagesSentence.js';
import { ownValue, sum } from './numbers.js';
import type { ReportInput } from './Report.js';

/** What was examined and what was found, in words made from the data. */
export function summary(input: ReportInput): Html {
    const facts = analysisFacts(input.analysis);
    const { model, dataset } = input.source;
    const { languages, topRate } = input.analysis;
    const tokens = sum(languages.map((language) => ownValue(input.tokens, language) ?? null));
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
        ${certainty(input)}${comparisonSummary(input.comparison)}
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
