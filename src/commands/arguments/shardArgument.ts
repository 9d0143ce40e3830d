import { parseShard, type Shard, shardName } from '../../activations/Shard.js';
import { wrongUse } from '../../errors.js';

/** @throws LanguageNeuronsError WRONG_USE */
export function readShardArgument({
    shard: text,
    fresh,
}: {
    readonly shard: string | undefined;
    readonly fresh: boolean;
}): Shard | undefined {
    const shard = text === undefined ? undefined : parseShard(text);
    if (shard !== undefined && fresh) {
        const mend = `remove *.shard-${shardName(shard)}.* yourself`;
        throw wrongUse(`--fresh would also remove the results of other shards; ${mend}`);
    }
    return shard;
}
