import { parseShard, type Shard, shardName } from '../activations/Shard.js';
import { LanguageNeuronsError } from '../errors.js';

/** Arguments of every command that asks questions; `questionOptions` declares them. */
export interface QuestionArguments {
    template: string;
    date: string | undefined;
    limit: number | undefined;
    maxTokens: number;
    contextSize: number | undefined;
}

/** @throws LanguageNeuronsError WRONG_USE */
export function parseLanguages(text: string | undefined): string[] | undefined {
    if (text === undefined) return undefined;
    const languages = text
        .split(',')
        .map((language) => language.trim())
        .filter((language) => language !== '');
    if (languages.length === 0)
        throw new LanguageNeuronsError(
            'WRONG_USE',
            '--languages names no language; give for example --languages en,zh',
        );
    return languages;
}

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
        throw new LanguageNeuronsError('WRONG_USE', `--fresh removes what other shards made too; ${mend}`);
    }
    return shard;
}
