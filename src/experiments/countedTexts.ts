/** Which texts an experiment was evaluated on that its neurons were found on too, in words. */
export function countedWords(shares: Readonly<Record<string, number>>): string {
    const list = Object.entries(shares)
        .map(([language, share]) => `${language} ${Math.round(share * 100)} %`)
        .join(', ');
    return `evaluated on texts that were counted (${list} of the texts)`;
}
