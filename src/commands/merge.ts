import { activationsPath, writeActivations } from '../activations/activationsFile.js';
import { checkReplaces } from '../activations/checkReplaces.js';
import { mergeShards } from '../activations/mergeShards.js';
import { withFolder } from '../folderLock.js';
import type { CommandResult } from './shared.js';

export interface MergeArguments {
    shards: string[];
    out: string;
    force: boolean;
}

/** `merge`: counts of all shards into OUT/activations.safetensors. */
export async function mergeCommand({ shards, out, force }: MergeArguments): Promise<CommandResult> {
    const activations = await mergeShards(shards);
    const path = activationsPath(out);
    const { there } = await withFolder(out, 'merge', async () => {
        const found = await checkReplaces(path, activations, force);
        if (!found.there) await writeActivations(path, activations);
        return found;
    });
    const tokens = Object.fromEntries(activations.languages.map((language, k) => [language, Number(activations.tokens[k])]));
    return {
        json: { tokens },
        text: [...Object.entries(tokens).map(([language, n]) => `${language}  ${n} tokens`), `${there ? 'these counts were in' : 'counts are in'} ${path}`].join('\n'),
    };
}
