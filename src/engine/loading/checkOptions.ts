import { LanguageNeuronsError, wrongUse } from '../../errors.js';
import { checkSettings, type OtherOptions, unknownOption } from '../../settings/checkSetting.js';
import { collectTable, engineTable, factorRange, modelTable, questionTable } from '../../settings/settings.js';
import { describeRange, isInRange, mostTokens } from '../../support/numberRanges.js';
import type { EngineOptions, RunOptions } from '../types/engineTypes.js';
import { checkServers } from '../native/rpcServers.js';

const windows = { number: { whole: true, least: 1, most: mostTokens } } as const;
const table = {
    ...engineTable,
    model: modelTable.model,
    contextSize: questionTable.contextSize,
    windows,
    countOnly: { flag: true },
    values: collectTable.values,
} as const;

/** Options that only tests and benchmarks set; see `EngineInternals`. */
const internals = {
    capacity: true,
    counting: true,
    f32Cache: true,
    ggmlAlone: true,
    fileOrder: true,
    callbackTensor: true,
} as const;

/** The options of every pass over texts, for `checkSettings`. */
export const runOptions = { signal: true, onBatch: true } as const satisfies OtherOptions<RunOptions, object>;

/** @throws LanguageNeuronsError WRONG_USE for an option of an engine that is none of its kind, by name */
export function checkOptions(options: EngineOptions): void {
    checkSettings(options, table, { loras: true, signal: true, progress: true, ...internals });
    checkServers(options.rpc ?? []);
    for (const lora of options.loras ?? []) {
        const { path, scale = 1 } = lora;
        const unknown = unknownOption(lora, { path: true, scale: true });
        if (unknown !== undefined) throw wrongUse(`${path}: ${unknown}`);
        if (isInRange(scale, factorRange)) continue;
        const wanted = describeRange(factorRange);
        throw wrongUse(`${path}: its scale must be ${wanted}, not ${scale}`);
    }
}

/** @throws LanguageNeuronsError DAMAGED for a header by which no token follows another, so that nothing is predicted */
export function checkTrainContext(trainContext: number, path: string): void {
    if (trainContext !== 1) return;
    const mend = 'download or convert it again';
    throw new LanguageNeuronsError('DAMAGED', `${path}: its header gives a context of 1 token; ${mend}`);
}

/**
 * @param trainContext tokens that the model was trained with; 0 where it does not say
 * @throws LanguageNeuronsError WRONG_USE for windows that are longer
 */
export function checkWindow(windowSize: number, trainContext: number, path: string): void {
    if (trainContext > 0 && windowSize > trainContext) {
        throw wrongUse(
            `${path}: \`windowSize\` is ${windowSize} tokens, longer than the ${trainContext} that ` +
                `the model was trained with; give at most ${trainContext}, ` +
                'or leave it out',
        );
    }
}
