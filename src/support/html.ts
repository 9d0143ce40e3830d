/** Markup that is safe to insert as it is; made by `html` and `raw` only. */
export class Html {
    readonly #markup: string;

    constructor(markup: string) {
        this.#markup = markup;
    }

    toString(): string {
        return this.#markup;
    }
}

/** What may stand between the pieces of a template; false, null and undefined vanish. */
export type HtmlValue = Html | string | number | false | null | undefined | readonly HtmlValue[];

const entities: Readonly<Record<string, string>> = {
    '&': '&amp;',
    '<': '&lt;',
    '>': '&gt;',
    '"': '&quot;',
    "'": '&#39;',
};

/** Escapes text for element content and for quoted attributes. */
export function escapeHtml(text: string): string {
    return text.replace(/[&<>"']/g, (character) => entities[character] ?? character);
}

/** Tagged template: everything inserted is escaped, unless it is `Html` already. */
export function html(pieces: TemplateStringsArray, ...values: readonly HtmlValue[]): Html {
    const markup = pieces.map((piece, index) => piece + (index < values.length ? render(values[index]) : ''));
    return new Html(markup.join(''));
}

/** Marks markup of our own making (a rendered figure, a style sheet) as safe. */
export function raw(markup: string): Html {
    return new Html(markup);
}

/** Text in which what stands between backticks, such as a setting's name, is code. */
export function withCode(text: string): HtmlValue {
    return text.split(/`([^`]+)`/).map((part, i) => (i % 2 === 1 ? html`<code>${part}</code>` : part));
}

function render(value: HtmlValue): string {
    if (value === false || value === null || value === undefined) return '';
    if (value instanceof Html) return value.toString();
    if (isList(value)) return value.map(render).join('');
    return escapeHtml(String(value));
}

// Array.isArray alone does not narrow readonly arrays.
function isList(value: HtmlValue): value is readonly HtmlValue[] {
    return Array.isArray(value);
}
