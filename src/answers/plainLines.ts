/** What is in no language: code, formulas, addresses, tags of HTML. A fence that is not closed ends with the text. */
const ofNoLanguage = [
    /^[ \t]*(```|~~~)[\s\S]*?(?:^[ \t]*\1[^\n]*$|$(?![\s\S]))/gm,
    /`[^`\n]+`/g,
    /\$\$[\s\S]*?\$\$|\\\[[\s\S]*?\\\]|\\\(.*?\\\)|\$[^$\n]+\$/g,
    /\b(?:https?:\/\/|www\.)\S+|\b[\w.+-]+@[\w-]+\.[\w.]+/gi,
    /<\/?[a-z][^<>\n]*>/gi,
];

/** The lines of an answer that have a letter, without what is in no language: code, formulas, addresses, tags. */
export function linesOf(text: string): string[] {
    const plain = ofNoLanguage.reduce((rest, form) => rest.replace(form, ' '), text);
    return plain.split(/\r\n|[\n\r\u2028\u2029]/).filter((line) => /\p{L}/u.test(line));
}
