import { fromHtml } from 'hast-util-from-html';
import { toString } from 'hast-util-to-string';
import type { Html } from './html.js';

/** The words of markup, in one line. A no-break space stays one. */
export function plainText(markup: Html): string {
    return toString(fromHtml(markup.toString(), { fragment: true }))
        .replace(/[ \n]+/g, ' ')
        .trim();
}
