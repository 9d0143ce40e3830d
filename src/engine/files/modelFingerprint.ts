import { stat } from 'node:fs/promises';
import { unreadable } from '../../files/fileAccess.js';
import { checkSettings } from '../../settings/checkSetting.js';
import { sum } from '../../support/averages.js';
import { silent, type WorkOptions } from '../../support/progress.js';
import { fileHash } from './fileHash.js';
import { modelFiles } from './modelFiles.js';

/** @inline */
export interface FingerprintOptions extends WorkOptions {}

/** Below it, reading takes no time worth a line. */
const shownBytes = 256 * 1024 * 1024;

/**
 * Names a model by its weights: `xxh128:` and the XXH128 of all bytes of its file, as `xxhsum -H2` prints it. A
 * model in several files, or with LoRA adapters, has the XXH128 of the list of theirs, each adapter with
 * its scale.
 * @throws LanguageNeuronsError as `fileHash`
 */
export async function modelFingerprint(
    path: string,
    loras: readonly { readonly path: string; readonly scale: number }[],
    options: FingerprintOptions = {},
): Promise<string> {
    checkSettings(options, {}, { signal: true, progress: true });
    const { signal, progress = silent } = options;
    const files = [...(await modelFiles(path)), ...loras.map((lora) => lora.path)];
    const total = sum(
        await Promise.all(
            files.map((file) =>
                stat(file).catch((cause: unknown) => {
                    throw unreadable(file, cause);
                }),
            ),
        ),
        ({ size }) => size,
    );
    if (total > shownBytes) progress.stage('read the model', total);
    const hashes: string[] = [];
    for (const file of files)
        hashes.push(
            await fileHash(file, {
                signal,
                onBytes: (bytes) => {
                    if (total > shownBytes) progress.advance(bytes);
                },
            }),
        );
    if (hashes.length === 1) return `xxh128:${hashes[0]!}`;
    const weights = hashes.slice(0, hashes.length - loras.length);
    const adapters = loras.map(({ scale }, i) => `lora ${scale} ${hashes[weights.length + i]!}`);
    const { xxhash128 } = await import('hash-wasm');
    return `xxh128:${await xxhash128([...weights, ...adapters].join('\n'))}`;
}
