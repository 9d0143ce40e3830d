/** Two-letter language codes by their English names in lower case; from the runtime's own (CLDR) names. */
const codesByName: ReadonlyMap<string, string> = (() => {
    const names = new Intl.DisplayNames(['en'], { type: 'language', fallback: 'none' });
    const letters = Array.from({ length: 26 }, (_, i) => String.fromCharCode(0x61 + i));
    const found = new Map<string, string>();
    for (const first of letters) {
        for (const second of letters) {
            const code = first + second;
            // Retired codes (iw, in) have the name of those that took their place.
            if (Intl.getCanonicalLocales(code)[0] !== code) continue;
            const name = names.of(code)?.toLowerCase();
            if (name !== undefined && !found.has(name)) found.set(name, code);
        }
    }
    return found.set('bengali', 'bn'); // CLDR says Bangla
})();

/** `de` for `German`, `de` or `deu`; undefined for what is no language. */
export function languageTag(name: string): string | undefined {
    const known = codesByName.get(name.trim().toLowerCase());
    if (known !== undefined) return known;
    if (!/^[a-z]{2,3}$/.test(name)) return undefined;
    return Intl.getCanonicalLocales(name)[0];
}
