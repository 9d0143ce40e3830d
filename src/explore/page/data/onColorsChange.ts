/**
 * Calls back when what is drawn needs other colours: the page goes light or dark, or to paper.
 * @returns ends it
 */
export function onColorsChange(draw: () => void): () => void {
    const queries = ['(prefers-color-scheme: dark)', 'print', '(forced-colors: active)'].map((one) => matchMedia(one));
    for (const query of queries) query.addEventListener('change', draw);
    return () => {
        for (const query of queries) query.removeEventListener('change', draw);
    };
}
