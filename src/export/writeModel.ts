import { lstat } from 'node:fs/promises';
import { partNames } from '../engine/files/modelFiles.js';
import { LanguageNeuronsError, wrongUse } from '../errors.js';
import { unwritable } from '../files/fileAccess.js';
import { UnfinishedFile } from '../files/UnfinishedFile.js';
import type { GgufFile } from '../gguf/GgufFile.js';
import { sum } from '../support/averages.js';
import { checkWritten } from './checkReadable.js';

/**
 * Where each file of a copy goes.
 * @param out `NAME.gguf`
 * @throws LanguageNeuronsError WRONG_USE for another name
 */
export function targetsOf(out: string, sources: readonly GgufFile[]): string[] {
    const name = /^(.+)\.gguf$/.exec(out)?.[1];
    if (name === undefined) {
        throw wrongUse(`${out}: not the name of a GGUF file; give NAME.gguf`);
    }
    return sources.length === 1 ? [out] : partNames(`${name}-00001-of-${String(sources.length).padStart(5, '0')}.gguf`);
}

/** A model's files and where copies of them go. */
export interface ModelCopy {
    readonly sources: readonly GgufFile[];
    /** Of each source one path, where nothing is. */
    readonly targets: readonly string[];
    /** Writes the copy of a source, whose tensors keep their types, shapes and order. */
    write(source: GgufFile, place: number, to: UnfinishedFile): Promise<void>;
}

/**
 * Writes all files of a model under temporary names, reads them back, then renames them.
 * @returns bytes of all files
 * @throws LanguageNeuronsError UNWRITABLE, DAMAGED, as `write`
 */
export async function writeModel({ sources, targets, write }: ModelCopy): Promise<number> {
    const unfinished: UnfinishedFile[] = [];
    try {
        for (const target of targets) await refuseThere(target);
        for (const [i, source] of sources.entries()) {
            const target = targets[i]!;
            const refused = (cause: unknown): never => {
                throw unwritable(target, cause);
            };
            const to = await UnfinishedFile.create(target).catch(refused);
            unfinished.push(to);
            await write(source, i, to);
            await to.finish().catch(refused);
            await checkWritten(to.path, source, target, sources.length === 1);
        }
        for (const [i, target] of targets.entries()) {
            await unfinished[i]!.place().catch((cause: unknown) => {
                throw unwritable(target, cause);
            });
        }
        return sum(unfinished, (file) => file.bytes);
    } catch (cause) {
        for (const file of unfinished) await file.discard();
        throw cause;
    }
}

/** Refuses to overwrite the model or any other file. */
export async function refuseThere(target: string): Promise<void> {
    if ((await lstat(target).catch(() => undefined)) === undefined) return;
    throw new LanguageNeuronsError('UNWRITABLE', `${target}: already exists; remove it, or give another \`out\``);
}
