import { activationsPath } from '../activations/activationsFile.js';
import { collect } from '../activations/collect.js';
import { openCorpus } from '../data/openCorpus.js';
import { mergeResult } from './merge.js';
import type { CommandOf } from './arguments/CommandDeclaration.js';
import type { collectDeclaration } from './arguments/declarations.js';
import { freshly } from './process/freshly.js';
import { openEngine, toEngineOptions } from './process/openModel.js';
import { readShardArgument } from './arguments/shardArgument.js';
import { tokensTable } from './words/alignedTable.js';

/** `collect`: counts the texts of each language into DIR/activations.safetensors. */
export const collectCommand: CommandOf<typeof collectDeclaration> = async (args, context) => {
    const { signal, progress } = context;
    const shard = readShardArgument(args);
    // Cheap mistakes first: the texts are looked at before a model is loaded.
    const corpus = await openCorpus(args.data, {
        languages: args.languages,
        signal,
        progress,
    });
    const { devices } = args;
    if (devices !== undefined) {
        const { onDevices } = await import('./devices.js');
        const divided = { folder: args.out, wholes: [activationsPath(args.out)], kinds: ['counts'] as const };
        return mergeResult(await onDevices({ ...args, devices }, divided, context));
    }
    const engine = await openEngine(
        { ...toEngineOptions(args), countOnly: true, values: args.values },
        { signal, progress },
    );
    try {
        const { activations, decodedTokens, seconds } = await freshly(
            { fresh: args.fresh, folder: args.out, kinds: ['counts'] },
            context,
            () =>
                collect({
                    engine,
                    corpus,
                    folder: args.out,
                    ...{ folds: args.folds, shard },
                    ...{ transform: args.transform, transformSeed: args.transformSeed },
                    force: args.force,
                    signal,
                    progress,
                }),
        );
        const tokens = Object.fromEntries(
            activations.languages.map((language, k) => [language, Number(activations.tokens[k])]),
        );
        const tokensPerSecond = decodedTokens / seconds;
        return {
            json: { tokens, decodedTokens, seconds, tokensPerSecond },
            text: [
                tokensTable(tokens),
                `counts are in ${activationsPath(args.out, shard)} ` +
                    `(${decodedTokens} tokens decoded in ${seconds.toFixed(1)} s)`,
            ].join('\n'),
        };
    } finally {
        engine.close();
    }
};
