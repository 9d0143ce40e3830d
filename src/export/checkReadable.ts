import { loadAddon } from '../engine/native/loadBackends.js';
import { awaitNative } from '../engine/native/nativeError.js';
import { LanguageNeuronsError } from '../errors.js';
import { type GgufFile, readGguf } from '../gguf/GgufFile.js';

/**
 * Refuses files that llama.cpp's own reader refuses, such as those with overlapping tensors, or with a key or a tensor
 * twice, of which nobody knows which one is meant.
 * @param files of one model
 * @throws LanguageNeuronsError DAMAGED
 */
export async function checkSources(files: readonly GgufFile[]): Promise<void> {
    const { addon } = await loadAddon();
    const homes = new Map<string, string>();
    for (const { path, tensors } of files) {
        const { refused } = await awaitNative(() => addon.readHeader(path));
        if (refused !== null) throw damaged(path, `llama.cpp does not read it (${refused})`);
        for (const name of tensors.keys()) {
            const home = homes.get(name);
            if (home !== undefined) throw damaged(path, `has the tensor ${name}, as ${home} has`);
            homes.set(name, path);
        }
    }
}

function damaged(path: string, what: string): LanguageNeuronsError {
    return new LanguageNeuronsError('DAMAGED', `${path}: ${what}; download the file again, or convert the model again`);
}

/**
 * Reads a written file back before it gets its name: llama.cpp's reader must accept it, its tensors must be those of
 * the source at their places, and a model in one file must load, as far as it does without its data.
 * @throws LanguageNeuronsError DAMAGED
 */
export async function checkWritten(path: string, source: GgufFile, target: string, whole: boolean): Promise<void> {
    const wrong = (why: string): LanguageNeuronsError => {
        const mend = `check that inspect opens ${source.path}; if it does, please report this`;
        return new LanguageNeuronsError('DAMAGED', `${target}: the written file cannot be read back (${why}); ${mend}`);
    };
    const { addon } = await loadAddon();
    const { refused } = await awaitNative(() => addon.readHeader(path));
    if (refused !== null) throw wrong(refused);
    const written = await readGguf(path);
    const moved = written.dataStart - source.dataStart;
    if (written.size !== source.size + moved) throw wrong(`${written.size} bytes`);
    for (const [name, { offset, typeName, shape }] of source.tensors) {
        const found = written.tensors.get(name);
        if (found?.offset !== offset + moved || found.typeName !== typeName || String(found.shape) !== String(shape))
            throw wrong(`tensor ${name}`);
    }
    if (!whole) return; // llama.cpp finds the other files by their names, which they do not have yet
    const cpu = { devices: [], gpuLayers: 0, split: 'layer', mainGpu: 0, cpuExperts: 0, loras: [] } as const;
    const least = {
        contextSize: 64,
        batchSize: 32,
        sequences: 1,
        streams: false,
        threads: 1,
        edits: 1,
        offsets: false,
    };
    await awaitNative(() =>
        addon.measureMemory(
            { path, ...cpu },
            { ...least, counting: 'automatic', countOnly: false, callbackTensor: '' },
        ),
    ).catch((cause: Error) => {
        throw wrong(cause.message);
    });
}
