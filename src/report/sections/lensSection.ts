import type { LensFile } from '../../lens/lensFile.js';
import { meanShares, meanTexts } from '../../lens/meanShares.js';
import { formatShare } from '../../support/format.js';
import { lensFigure } from '../figures/lensFigure.js';
import { html } from '../html.js';
import { htmlTable } from '../tables/htmlTable.js';
import { lensTable } from '../tables/lensTable.js';
import type { Section } from './Section.js';

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
    return {
        id: 'lens',
        chapter: 'neurons',
        title: 'Languages of the likeliest tokens, layer by layer',
        spec: lensFigure(lens),
        label: 'Shares of likeliest tokens in English, in the language of the text, in another one, behind each layer',
        caption: html`<p>${lensSentences(lens)}</p>
            <p>${untoldSentence}</p>
            <p class="paper">
                The paper's second stage, reasoning in a shared space close to English, would show as English in the
                middle layers.
            </p>`,
        numbers: htmlTable(table),
        table,
    };
}
