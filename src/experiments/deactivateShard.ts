import type { Shard } from '../activations/Shard.js';
import { asDeactivation, type DeactivateOptions } from './deactivate.js';
import { interveneShard } from './interveneShard.js';

export interface DeactivateShardOptions extends DeactivateOptions {
    readonly shard: Shard;
}

export interface DeactivateShardResult {
    /** Of the file that says that the shard is done. */
    readonly path: string;
    /** Whether it was there already. */
    readonly wasThere: boolean;
    readonly seconds: number;
}

/**
 * Measures one shard's part of a deactivation; see `interveneShard`.
 * @throws LanguageNeuronsError as `interveneShard`
 */
export async function deactivateShard(options: DeactivateShardOptions): Promise<DeactivateShardResult> {
    const { shards, seconds } = await interveneShard({ ...options, ...asDeactivation });
    return { ...shards[0]!, seconds };
}
