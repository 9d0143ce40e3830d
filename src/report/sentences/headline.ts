import { isDeactivation } from '../../interventions/Operation.js';
import { metricOf } from '../../experiments/registry/metrics.js';
import { formatCount, formatQuantity, formatShare } from '../../support/format.js';
import { analysisFacts } from '../facts/analysisFacts.js';
import { html, type Html } from '../../support/html.js';
import { factsOf, type SetFacts } from '../facts/matrixFacts.js';
import { meanWords } from '../../experiments/statistics/meanEffect.js';
import { exceptionWords } from '../facts/setSentences.js';
import type { ReportInput } from '../input/Report.js';

/** What was found, in a sentence: an effect beside its control, or how many neurons there are where none was. */
export function headline(input: Pick<ReportInput, 'analysis' | 'matrices'>): Html {
    const facts = mainFacts(input);
    const { selected, neurons } = analysisFacts(input.analysis);
    if (facts === undefined || facts.compared === 0) {
        return html`<strong>${formatCount(selected)}</strong> of ${formatCount(neurons)} neurons
            (<strong>${formatShare(neurons === 0 ? null : selected / neurons)}</strong>) depend on the language. What
            they do was not measured${facts !== undefined && ' well enough to say'}.`;
    }
    const words = metricOf(facts.metric);
    const { noun, formatEffect } = words;
    const inTheMean = meanWords(words);
    const [own, random] = [formatEffect(facts.own), formatEffect(facts.controlOwn)];
    if (facts.verdict === 'absent') {
        return html`No language depends on neurons of its own here: without them its ${noun} changes by
            <strong>${own}</strong> ${inTheMean}, without as many random ones by <strong>${random}</strong>.`;
    }
    const hits = `${formatCount(facts.hits)} of ${formatQuantity(facts.compared, 'language')}${exceptionWords(facts)}`;
    const begin =
        facts.verdict === 'unclear'
            ? 'Whether languages depend on neurons of their own is not told from chance'
            : 'Languages depend on neurons of their own';
    return html`${begin}: without them a language’s ${noun} changes by <strong>${own}</strong> ${inTheMean}, without as
        many random ones by <strong>${random}</strong>, and in ${hits} no other language is hurt more.`;
}

/** The set that the headline is about: specific and related neurons where they were removed, of the first metric. */
export function mainFacts({ matrices }: Pick<ReportInput, 'matrices'>): SetFacts | undefined {
    const facts = factsOf(matrices.filter(({ operation }) => isDeactivation(operation)));
    return facts.find(({ set, compared }) => set === 'specific+related' && compared > 0) ?? facts[0];
}
