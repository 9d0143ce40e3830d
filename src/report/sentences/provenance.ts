import { capitalized, formatCount, formatList, formatShare, formatShort } from '../../support/format.js';
import { isDeactivation } from '../../interventions/Operation.js';
import { operationName } from '../../interventions/operationText.js';
import { metricOf } from '../../experiments/registry/metrics.js';
import { html, type Html } from '../../support/html.js';
import { analysisSites, layerSizes } from '../../neurons/analysis/NeuronAnalysis.js';
import type { ReportInput } from '../input/Report.js';

/** The paper whose method this is; the page's only link to elsewhere. */
const paperSource = {
    title: 'How does Alignment Enhance LLMs’ Multilingual Capabilities? A Language Neurons Perspective',
    url: 'https://arxiv.org/abs/2505.21505',
} as const;

/** What the words on the page mean. */
export function definitions({ analysis, matrices, curves = [] }: ReportInput): Html {
    const names = new Set([...matrices, ...curves].map(({ metric }) => metric));
    const measured = [...names].map(metricOf);
    const { method } = analysis;
    const l = analysis.languages.length;
    return html` <section id="definitions">
        <h2>Definitions</h2>
        <dl class="definitions">
            <dt>Neuron</dt>
            <dd>
                One unit behind the activation function of a feed-forward block. It is active on a token where its
                activation is above 0; its activation probability in a language is the share of counted tokens on which
                it is active.
            </dd>
            <dt>High, N</dt>
            <dd>
                A neuron is high in a language where its activation probability is above the threshold τ =
                ${formatShort(analysis.threshold)}, the ${formatShare(analysis.bar)} quantile of all activation
                probabilities. N is the number of languages, of the ${l} examined, in which it is high.
            </dd>
            <dt>Selected</dt>
            <dd>
                The ${formatShare(analysis.topRate)} of all neurons with the lowest scores. The score is the entropy of
                the activation probabilities over the languages less λ times the largest of them: low for neurons that
                depend on the language and are
                active.${
                    method === 'lape' &&
                    html` Here the score is the entropy alone (LAPE, arXiv 2402.16438), and neurons that are high in no
                    language are left out.`
                }
            </dd>
            <dt><b class="specific">Language-specific</b></dt>
            <dd>Selected, N = 1.</dd>
            <dt><b class="related">Language-related</b></dt>
            <dd>Selected, 1 < N < ${l}: shared by some of the languages, not by all.</dd>
            <dt><b class="general">General</b></dt>
            <dd>
                N = ${l}, selected or not: high in every language. The first version of the paper calls these
                language-agnostic.
            </dd>
            ${measured.map(
                ({ noun, definition }) =>
                    html` <dt>${capitalized(noun)}</dt>
                        <dd>${definition}</dd>`,
            )}
        </dl>
        <p class="small">Method: <a href="${paperSource.url}">${paperSource.title}</a>, arXiv 2505.21505.</p>
    </section>`;
}

/** Settings and versions: what it takes to make the report again. */
export function provenance(input: ReportInput): Html {
    const { analysis, source, matrices, curves = [], generatedBy } = input;
    const sizes = [...new Set(layerSizes(analysisSites(analysis)))];
    const entries: [string, string][] = [
        ['Model', `${source.model.name} (${source.model.architecture}, ${source.model.quantization})`],
        ['Model fingerprint', source.model.fingerprint || 'not known'],
        ...(source.model.imatrix === undefined
            ? []
            : [['Importance matrix', source.model.imatrix ?? 'none'] as [string, string]]),
        ['Layers', `${formatCount(analysis.layers.length)}, each of ${sizes.map(formatCount).join(' or ')} neurons`],
        ['Dataset', source.dataset.name],
        ['Dataset hash', source.dataset.hash],
        [
            'Counted with',
            Object.entries(source.settings ?? {})
                .map(([name, value]) => `${name} ${value}`)
                .join(', ') || 'settings not known',
        ],
        ['Languages', formatList(analysis.languages)],
        ['Method', analysis.method],
        ['Top rate', formatShare(analysis.topRate)],
        ['Bar', formatShare(analysis.bar)],
        ['λ', analysis.lambda === null ? 'none' : String(analysis.lambda)],
        ['τ', String(analysis.threshold)],
        ['Scoring and λ sweep', `${formatShort(analysis.milliseconds / 1000)} s`],
    ];
    for (const measured of [...matrices, ...curves]) {
        const { metric, operation, settings, decodedTokens } = measured;
        const list = Object.entries(settings)
            .map(([name, value]) => `${name} ${value}`)
            .join(', ');
        entries.push([
            [
                ...('doses' in measured ? ['Doses'] : []),
                isDeactivation(operation) ? 'Deactivation' : operationName(operation),
                metricOf(metric).noun,
            ].join(', '),
            `${list}; ${formatCount(decodedTokens)} tokens decoded`,
        ]);
    }
    entries.push(
        ...Object.entries(source.versions).map(([name, version]): [string, string] => [
            `Counted with ${name}`,
            version,
        ]),
    );
    entries.push(['Report made by', `language-neurons ${generatedBy.version}`]);
    if (generatedBy.command !== undefined) entries.push(['Command', generatedBy.command]);
    return html` <section id="settings">
        <h2>Settings and versions</h2>
        <dl class="settings">
            ${entries.map(
                ([name, value]) =>
                    html` <dt>${name}</dt>
                        <dd>${value}</dd>`,
            )}
        </dl>
    </section>`;
}
