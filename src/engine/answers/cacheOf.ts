import type { SizedContext } from '../loading/SizedContext.js';
import { CacheCapacity } from '../scheduler/CacheCapacity.js';

/** The KV cache of a pass that is prepared: empty, or, where it keeps sequences, as passes of its kind have left it. */
export function cacheOf(context: SizedContext): CacheCapacity {
    const { contents, layout, keepsSequences } = context;
    if (!keepsSequences) return new CacheCapacity(layout);
    if (contents instanceof CacheCapacity) return contents;
    const cache = new CacheCapacity(layout, { keeps: true });
    context.contents = cache;
    return cache;
}
