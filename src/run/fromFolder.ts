import { isAbsolute } from 'node:path';
import { pathFrom } from '../corpus/datasetName.js';
import type { RunConfig } from './RunConfig.js';

/** The configuration with paths from its run folder, so that both can be given away together. */
export function fromFolder(config: RunConfig): unknown {
    const moved = (value: unknown): unknown => {
        if (typeof value === 'string') return isAbsolute(value) ? pathFrom(config.out, value) : value;
        if (Array.isArray(value)) return value.map(moved);
        if (typeof value !== 'object' || value === null) return value;
        return Object.fromEntries(Object.entries(value).map(([name, part]) => [name, moved(part)]));
    };
    return moved(config);
}
