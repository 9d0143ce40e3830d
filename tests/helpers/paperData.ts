import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { Activations } from '../../src/activations/Activations.js';
import { int64Storages, totalTokens } from './readPt.js';

/** The authors' published counts; they are not part of the project. */
export const paperFolder = join(process.env.LANGUAGE_NEURONS_DATA ?? resolve('../shared/data'), 'paper-activations');
export const paperDataHere = existsSync(paperFolder);

/** Response counts: full text minus prompt, at least 0, over the difference of tokens. */
export async function paperActivations(languages: readonly string[]): Promise<Activations> {
    const l = languages.length;
    const [layers, width] = [32, 14336];
    const counts = Array.from({ length: layers }, () => new BigInt64Array(width * l));
    const tokens = new BigInt64Array(l);
    for (const [k, language] of languages.entries()) {
        const [full, prefix] = ['', 'prefix.'].map((kind) => join(paperFolder, `${kind}activation.${language}.pt`)) as [
            string,
            string,
        ];
        const [all, before] = [(await int64Storages(full))[0]!, (await int64Storages(prefix))[0]!];
        tokens[k] = BigInt((await totalTokens(full)) - (await totalTokens(prefix)));
        for (let flat = 0; flat < all.length; flat++) {
            const difference = all[flat]! - before[flat]!;
            counts[Math.floor(flat / width)]![(flat % width) * l + k] = difference > 0n ? difference : 0n;
        }
    }
    return {
        languages,
        counts,
        tokens,
        source: {
            model: { name: 'MistralMathOctopus-7B', architecture: 'llama', quantization: 'F16', fingerprint: '' },
            dataset: { name: 'mgsm', hash: '' },
            versions: {},
        },
    };
}
