import { html, type Html } from '../html.js';

type FigureEntry = { readonly id: string; readonly title: string; readonly number: number };

/** A chapter in the table of contents, with its figures. */
export interface ContentsEntry {
    readonly id: string;
    readonly title: string;
    readonly figures: readonly FigureEntry[];
}

/** The table of contents; beside the page where it is wide enough. */
export function contents(entries: readonly ContentsEntry[]): Html {
    return html` <nav aria-label="Contents">
        <h2>Contents</h2>
        <ol>
            ${entries.map(
                ({ id, title, figures }) =>
                    html`<li>
                        <a href="#${id}">${title}</a>${
                            figures.length > 0 &&
                            html`<ol>
                                ${figures.map(figureEntry)}
                            </ol>`
                        }
                    </li>`,
            )}
        </ol>
    </nav>`;
}

function figureEntry({ id, title, number }: FigureEntry): Html {
    return html`<li><a href="#${id}">${number}. ${title}</a></li>`;
}
