import { stat } from 'node:fs/promises';
import { LanguageNeuronsError } from '../../errors.js';
import { loadAddon } from '../native/loadBackends.js';
import { awaitNative } from '../native/nativeError.js';

/** llama.cpp's names of a model in several files: `NAME-00002-of-00003.gguf`. */
const partName = /^(.*)-(\d{5})-of-(\d{5})\.gguf$/s;

/** The names of all files of a model, in order, given one of them: itself where it is not named as a part. */
export function partNames(path: string): string[] {
    const [, name, , total] = partName.exec(path) ?? [];
    if (name === undefined || total === undefined) return [path];
    return Array.from(
        { length: Number(total) },
        (_, i) => `${name}-${String(i + 1).padStart(5, '0')}-of-${total}.gguf`,
    );
}

/**
 * All files of a model, in order, given any of them. How many there are its header says, which llama.cpp goes by; the
 * names must agree.
 * @throws LanguageNeuronsError NOT_FOUND for a file that is missing, DAMAGED for one of another name; BUILD
 */
export async function modelFiles(path: string): Promise<string[]> {
    const { addon } = await loadAddon();
    const { splitCount, splitNumber } = await awaitNative(() => addon.readHeader(path));
    if (splitCount < 2) return [path]; // also what is no GGUF file, which the loader tells
    const place = `file ${splitNumber + 1} of ${splitCount} of a model`;
    const [, , number, total] = partName.exec(path) ?? [];
    if (Number(total) !== splitCount || Number(number) !== splitNumber + 1) {
        const [wanted, all] = [splitNumber + 1, splitCount].map((n) => String(n).padStart(5, '0'));
        throw new LanguageNeuronsError(
            'DAMAGED',
            `${path}: is ${place}, but its name does not say so; rename it to ` +
                `NAME-${wanted}-of-${all}.gguf, and the others likewise`,
        );
    }
    const files = partNames(path);
    for (const file of files) {
        const found = await stat(file).catch(() => undefined);
        if (found?.isFile() === true) continue;
        const mend = 'put all files of the model into one folder';
        throw new LanguageNeuronsError('NOT_FOUND', `${file}: is missing; ${path} is ${place}; ${mend}`);
    }
    return files;
}
