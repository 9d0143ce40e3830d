import { formatShare } from '../../support/format.js';
import { html, type Html, type HtmlValue } from '../../support/html.js';
import { languageName, tableOf, textHeading } from '../tables/htmlTable.js';
import type { ReportInput } from '../input/Report.js';
import type { ShownNeuron } from '../input/shownNeurons.js';
import { neuronLink } from '../input/siteLink.js';

/** Tokens of a neuron. */
const mostTokens = 5;

type Tokens = readonly string[] | undefined;

/** The most specific neurons of each language, with the tokens that tell what they are. */
export function neuronsList({ shownNeurons, site }: ReportInput): Html | false {
    if (shownNeurons === undefined || shownNeurons.neurons.length === 0) return false;
    const { neurons } = shownNeurons;
    const active = ({ row }: ShownNeuron): Tokens => row.strongest?.slice(0, mostTokens);
    const raised = ({ row }: ShownNeuron): Tokens => row.raised?.slice(0, mostTokens);
    const lists = [
        { heading: 'most active for', of: active, command: 'examples' },
        { heading: 'raises', of: raised, command: 'effects' },
    ];
    const known = lists.filter(({ of }) => neurons.some((one) => of(one) !== undefined));
    const missing = lists.filter((list) => !known.includes(list)).map(({ command }) => command);
    const rows = neurons.map((one) => {
        const tokens = known.map(({ of }) => of(one));
        return neuronRow(one, site, tokens);
    });
    const words = known.map(({ heading }) => textHeading(heading));
    const headings = ['language', textHeading('neuron'), textHeading('class'), 'active in it', ...words];
    return html` <section id="neurons-list">
        <h3>Those that depend most on the language</h3>
        <p>
            For each language, its specific and related neurons with the lowest scores, the lowest first. A neuron is
            named by its layer and its place in it. Active in it: the share of the language’s tokens on which it is
            active.
            ${known.some(({ of }) => of === active) && 'Most active for: the tokens with its greatest activations.'}
            ${known.some(({ of }) => of === raised) && 'Raises: the tokens whose logits it raises most.'}
            ${
                missing.length > 0 &&
                html`After ${missing.map((command, i) => html`${i > 0 && ' and '}<code>${command}</code>`)} their tokens
                stand here too.`
            }
            ${site !== undefined && html`<a href="${site}">Every neuron is on the explorer’s page.</a>`}
        </p>
        ${tableOf('Neurons of each language', headings, rows)}
    </section>`;
}

function neuronRow(
    { language, row }: ShownNeuron,
    site: string | undefined,
    lists: readonly (readonly string[] | undefined)[],
): Html {
    const probability = row.probability[language] ?? null;
    const name = row.neuron;
    const others = row.languages.filter((one) => one !== language);
    return html`<tr>
        <th scope="row">${languageName(language)}</th>
        <td class="text">${site === undefined ? name : html`<a href="${neuronLink(site, name)}">${name}</a>`}</td>
        <td class="text">${row.class}${others.length > 0 && ` (also ${others.join(', ')})`}</td>
        <td><data value="${String(probability)}">${formatShare(probability)}</data></td>
        ${lists.map((tokens) => html`<td class="text tokens">${tokens?.map(token)}</td>`)}
    </tr>`;
}

function token(text: string): HtmlValue {
    return [html`<bdi>${text}</bdi>`, ' '];
}
