/** What stands between `<!-- NAME -->` and `<!-- end -->`, put in anew; the rest of the text stays. */
export function withSections(text: string, contentOf: (name: string) => string | undefined): string {
    return text.replaceAll(/(<!-- ([^>]+?) -->\n)[^]*?(<!-- end -->)/g, (whole, begin: string, name: string, end) => {
        const content = contentOf(name);
        return content === undefined ? whole : `${begin}${content}\n${end}`;
    });
}
