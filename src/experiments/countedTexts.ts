/** Says, by language, which share of the evaluated texts the neurons were found on too. */
export function countedWords(shares: Readonly<Record<string, number>>): string {
    const list = Object.entries(shares)
        .map(([language, share]) => `${language} ${Math.round(share * 100)} %`)
        .join(', ');
    return `evaluated on texts that were counted (${list} of the texts)`;
}
