import { basename } from 'node:path';
import type { Engine } from '../engine/Engine.js';
import type { Imatrix } from '../engine/types/ModelInfo.js';
import { toolVersions } from '../versions.js';
import type { ModelSource } from './ActivationsSource.js';

/** The model of an engine, as results name it. */
export function modelSource({ info, path, fingerprint }: Engine): ModelSource {
    const { name, architecture, fileType, imatrix } = info;
    return {
        name: name === '' ? basename(path) : name,
        architecture,
        quantization: fileType,
        fingerprint,
        imatrix: imatrix === null ? null : imatrixName(imatrix),
    };
}

/** Versions on which the last bits of an engine's results depend. */
export function engineVersions({ backend: { name, release } }: Engine): Record<string, string> {
    return { ...toolVersions(), 'llama.cpp': release, backend: name };
}

/** The texts that it was made from, and their numbers. */
function imatrixName({ file, dataset, entries, chunks }: Imatrix): string {
    return (
        `${basename(file) || 'unnamed'} of ${basename(dataset) || 'unnamed texts'}, ${entries} entries, ` +
        `${chunks} chunks`
    );
}
