import { isDeactivation } from '../interventions/Operation.js';
import { basename } from 'node:path';
import { merge, type Merged } from '../run/merge.js';
import { describeCurves } from './words/describeCurves.js';
import { describeExamples, summaryOf } from './words/describeExamples.js';
import { describeMatrix } from './words/describeMatrix.js';
import type { CommandOf, CommandResult } from './arguments/CommandDeclaration.js';
import type { mergeDeclaration } from './arguments/declarations.js';
import { tokensTable } from './words/alignedTable.js';

/** `merge`: all shards into what they are parts of, in OUT. */
export const mergeCommand: CommandOf<typeof mergeDeclaration> = async (
    { shards, out, force, excel },
    { signal, progress },
) => {
    return mergeResult(await merge(shards, { folder: out, force, excel, signal, progress }));
};

/** What was merged, as a command answers it. */
export function mergeResult(merged: readonly Merged[]): CommandResult {
    const results = merged.map((whole): CommandResult => {
        if ('matrix' in whole) {
            const { matrix, path } = whole;
            const { metric, operation } = matrix;
            const key = isDeactivation(operation) ? metric : basename(path, '.matrix.json');
            return { json: { [key]: matrix }, text: `${describeMatrix(matrix)}\nthe matrix is in ${path}` };
        }
        if ('curves' in whole) {
            const { curves, path } = whole;
            const json = { [basename(path, '.json')]: curves };
            return { json, text: `${describeCurves(curves)}\nthe curves are in ${path}` };
        }
        if ('examples' in whole) {
            const { examples, path, wasThere } = whole;
            const words = wasThere ? 'were in' : 'are in';
            return { json: { examples: summaryOf(examples) }, text: `${describeExamples(examples)} ${words} ${path}` };
        }
        const {
            activations: { languages, tokens: totals },
            path,
            wasThere,
        } = whole;
        const tokens = Object.fromEntries(languages.map((language, k) => [language, Number(totals[k])]));
        const words = wasThere ? 'the same counts were already in' : 'counts are in';
        return { json: { tokens }, text: [tokensTable(tokens), `${words} ${path}`].join('\n') };
    });
    return {
        json: Object.assign({}, ...results.map(({ json }) => json)) as unknown,
        text: results.map(({ text }) => text).join('\n'),
    };
}
