import { formatCount } from '../support/format.js';
import { alignedTable } from './alignedTable.js';

/** Tokens of each language, a row each. */
export function tokensTable(tokens: Readonly<Record<string, number | bigint>>): string {
    return alignedTable(
        [{ heading: 'language' }, { heading: 'tokens', right: true }],
        Object.entries(tokens).map(([language, count]) => [language, formatCount(Number(count))]),
    );
}
