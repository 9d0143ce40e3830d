import { lensKinds, type LensFile } from '../../lens/lensFile.js';
import { sharesOf } from '../../lens/meanShares.js';
import type { DataTable } from './DataTable.js';

/** The logit lens: of each text language and layer, the shares of likeliest tokens by their language. */
export function lensTable({ languages }: LensFile): DataTable {
    return {
        name: 'lens',
        columns: ['language', 'layer', 'tokens', 'English', 'own', 'another', 'not to be told'],
        rows: languages.flatMap(({ language, tokens, layers }) =>
            layers.map((counts, layer) => {
                const shares = sharesOf(counts, tokens);
                return [language, layer, tokens, ...lensKinds.map((kind) => shares[kind])];
            }),
        ),
    };
}
