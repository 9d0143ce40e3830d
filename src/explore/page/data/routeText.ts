/** The view and its settings as the part of the address after `#`: every view is a link. */
export interface Route {
    /** `overview`, `neurons` or `neuron`. */
    readonly view: string;
    /** Of `neuron`: its name. */
    readonly name: string;
    readonly settings: URLSearchParams;
}

export function readRoute(text: string): Route {
    const [path = '', query = ''] = text.replace(/^#\/?/, '').split('?');
    const [view = '', ...rest] = path.split('/');
    return {
        view: view === '' ? 'overview' : view,
        name: decode(rest.join('/')),
        settings: new URLSearchParams(query),
    };
}

/** @returns the text after `#`; settings that are empty are left out */
export function routeTo(view: string, settings: Readonly<Record<string, string>> = {}, name = ''): string {
    const query = new URLSearchParams(Object.entries(settings).filter(([, value]) => value !== '')).toString();
    return `#/${view}${name === '' ? '' : `/${encodeURIComponent(name)}`}${query === '' ? '' : `?${query}`}`;
}

function decode(text: string): string {
    try {
        return decodeURIComponent(text);
    } catch {
        return text;
    }
}
