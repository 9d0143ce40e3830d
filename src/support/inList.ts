/** `a, b and c`, or `a, b and 7 more` where there are more than `most`. */
export function inList(words: readonly string[], most = words.length): string {
    if (words.length <= 1) return words.join();
    const shown = words.length > most ? [...words.slice(0, most), `${words.length - most} more`] : words;
    return `${shown.slice(0, -1).join(', ')} and ${shown.at(-1)!}`;
}
