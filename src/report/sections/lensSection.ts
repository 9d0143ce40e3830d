import { type LensFile, lensKinds, type LensLayer } from '../../lens/lensFile.js';
import { meanShares, meanTexts, sharesOf } from '../../lens/meanShares.js';
import { formatShare } from '../../support/format.js';
import { html } from '../../support/html.js';
import { section, type Section } from './Section.js';
import type { TopLevelSpec } from 'vega-lite';
import { layerChannel } from '../figures/layersFigure.js';
import { classColors, colors, extents, figureFrame, namesChannel, type Panel, plotWidth } from '../figures/theme.js';
import type { DataTable } from '../tables/DataTable.js';

/** What a likeliest token's language is called. */
export const lensLabels: Readonly<Record<keyof LensLayer, string>> = {
    english: 'English',
    own: "the text's own language",
    other: 'another language',
    untold: 'not to be told',
};

const kindColors: Readonly<Record<keyof LensLayer, string>> = {
    english: classColors.specific,
    own: classColors.related,
    other: classColors.general,
    untold: colors.missing,
};

/** What the means show. */
export function lensSentences(lens: LensFile): string {
    const shares = meanShares(lens);
    const most = shares.reduce((best, { english }, layer) => (english > shares[best]!.english ? layer : best), 0);
    const english =
        shares[most]!.english === 0
            ? 'It is English behind no layer.'
            : `English is most frequent behind layer ${most}: ${formatShare(shares[most]!.english)} of the tokens ` +
              `there, and ${formatShare(shares.at(-1)!.english)} behind the last.`;
    return (
        'The likeliest token if the model ended behind a layer (the logit lens), in the mean over the ' +
        `${meanTexts(lens)}. ${english}`
    );
}

export const untoldSentence =
    'Not to be told are digits, punctuation, tokens that several languages use and tokens that the texts do not have.';

/** In which language the model would answer if it ended behind a layer. */
export function lensSection(lens: LensFile): Section {
    const table = lensTable(lens);
    return section('neurons', table, {
        title: 'Languages of the likeliest tokens, layer by layer',
        spec: lensFigure(lens),
        label: 'Shares of likeliest tokens in English, in the language of the text, in another one, behind each layer',
        caption: html`<p>${lensSentences(lens)}</p>
            <p>${untoldSentence}</p>
            <p class="paper">
                The paper's second stage, reasoning in a shared space close to English, would show as English in the
                middle layers.
            </p>`,
    });
}

/** Layer by layer, a bar of the mean shares over the languages other than English. */
function lensFigure(lens: LensFile): TopLevelSpec {
    const layers = meanShares(lens);
    const values = layers.flatMap((shares, layer) =>
        lensKinds.map((kind, order) => ({ layer, order, kind: lensLabels[kind], share: shares[kind] })),
    );
    const looks = Object.fromEntries(lensKinds.map((kind) => [lensLabels[kind], kindColors[kind]]));
    const panel: Panel = {
        width: plotWidth,
        height: 220,
        data: { values },
        encoding: {
            x: layerChannel(layers.length, 'layer (0 is the first)'),
            y: {
                field: 'share',
                type: 'quantitative',
                stack: 'zero',
                scale: { domain: [0, 1], nice: false },
                axis: {
                    values: [0, 0.25, 0.5, 0.75, 1],
                    format: '.0%',
                    title: 'likeliest tokens',
                    ...extents,
                },
            },
            order: { field: 'order', type: 'quantitative' },
            color: namesChannel('kind', looks, { title: null, orient: 'top', columns: 2 } as const),
        },
        layer: [{ mark: { type: 'bar', size: Math.max(2, Math.floor((0.8 * plotWidth) / layers.length)) } }],
    };
    return { ...figureFrame, vconcat: [panel] };
}

/** The logit lens: of each text language and layer, the shares of likeliest tokens by their language. */
function lensTable({ languages }: LensFile): DataTable {
    return {
        name: 'lens',
        columns: ['language', 'layer', 'tokens', 'English', 'own', 'another', 'not to be told'],
        rows: languages.flatMap(({ language, tokens, layers }) =>
            layers.map((counts, layer) => {
                const shares = sharesOf(counts, tokens);
                return [language, layer, tokens, ...lensKinds.map((kind) => shares[kind])];
            }),
        ),
    };
}
