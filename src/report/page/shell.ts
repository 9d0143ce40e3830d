import { html, type HtmlValue, raw } from '../../support/html.js';
import { styleSheet } from './styles.js';
import { contentPolicy, pageScript } from './script.js';

// The hash of the policy is of the script to the letter.
const script = raw(`<script>${pageScript}</script>`);

/** What a page says. */
interface PageParts {
    /** Heading; plain text. */
    readonly title: string;
    /** What the page is, in a word, above the heading. */
    readonly kind: string;
    /** Of this tool. */
    readonly version: string;
    /** What was found, in short. */
    readonly lead: HtmlValue;
    /** Beside the page where it is wide enough. Default: none. */
    readonly contents?: HtmlValue;
    readonly main: HtmlValue;
}

/** A whole page: one file that needs no other and no network. The policy makes the browser refuse anything else. */
export function pageShell({ title, kind, version, lead, contents, main }: PageParts): string {
    const content = html`<!doctype html>
        <html lang="en">
            <head>
                <meta charset="utf-8" />
                <meta name="viewport" content="width=device-width, initial-scale=1" />
                <meta http-equiv="Content-Security-Policy" content="${contentPolicy}" />
                <meta name="generator" content="language-neurons ${version}" />
                <title>${title}</title>
                <style>
                    ${raw(styleSheet)}
                </style>
            </head>
            <body>
                <header>
                    <p>language-neurons ${kind}</p>
                    <h1>${title}</h1>
                    <p class="lead">${lead}</p>
                </header>
                ${contents}
                <main>${main}</main>
                ${script}
            </body>
        </html> `;
    return content.toString();
}
