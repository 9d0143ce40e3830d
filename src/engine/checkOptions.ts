import { LanguageNeuronsError } from '../errors.js';
import type { EngineOptions } from './engineTypes.js';
import { checkServers } from './rpcServers.js';

/** Options that are whole numbers, by name, with the least that makes sense. */
const least = {
    batchSize: 2,
    windowSize: 2,
    contextSize: 1,
    threads: 1,
    gpuLayers: 0,
    cpuExperts: 0,
    mainGpu: 0,
} as const satisfies Partial<Record<keyof EngineOptions, number>>;

/** @throws LanguageNeuronsError WRONG_USE for an option of an engine that is none of its kind, by name */
export function checkOptions(options: EngineOptions): void {
    for (const [name, bound] of Object.entries(least) as [keyof typeof least, number][]) {
        const value = options[name];
        if (value !== undefined && (!Number.isSafeInteger(value) || value < bound)) {
            const wanted = `a whole number of at least ${bound}`;
            throw new LanguageNeuronsError('WRONG_USE', `${name} must be ${wanted}, not ${value}`);
        }
    }
    checkServers(options.rpc ?? []);
    for (const { path, scale = 1 } of options.loras ?? []) {
        if (!Number.isFinite(scale)) {
            throw new LanguageNeuronsError('WRONG_USE', `${path}: an adapter's scale must be a number, not ${scale}`);
        }
    }
}

/** @throws LanguageNeuronsError DAMAGED for a header by which no token follows another, so that nothing is predicted */
export function checkTrainContext(trainContext: number, path: string): void {
    if (trainContext !== 1) return;
    const mend = 'download or convert it again';
    throw new LanguageNeuronsError('DAMAGED', `${path}: its header says a context of 1 token; ${mend}`);
}

/**
 * @param trainContext tokens that the model was trained with; 0 where it does not say
 * @throws LanguageNeuronsError WRONG_USE for windows that are longer
 */
export function checkWindow(windowSize: number, trainContext: number, path: string): void {
    if (trainContext > 0 && windowSize > trainContext) {
        throw new LanguageNeuronsError(
            'WRONG_USE',
            `${path}: windows of ${windowSize} tokens are longer than the ${trainContext} that ` +
                `the model was trained with; ask for at most ${trainContext} (windowSize, --window-size), ` +
                'or leave it out',
        );
    }
}
