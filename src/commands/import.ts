import { activationsPath, writeActivations } from '../activations/activationsFile.js';
import { checkReplaces } from '../activations/checkReplaces.js';
import { importCounts } from '../activations/import/importCounts.js';
import { ensureWritableFolder } from '../files/fileAccess.js';
import { withFolder } from '../files/folderLock.js';
import { sum } from '../support/averages.js';
import type { CommandOf } from './arguments/CommandDeclaration.js';
import type { importDeclaration } from './arguments/declarations.js';
import { tokensTable } from './words/alignedTable.js';

/** `import`: counts published by others (.pt files) into OUT/activations.safetensors. */
export const importCommand: CommandOf<typeof importDeclaration> = async ({ folder, out, languages: wanted, force }) => {
    const begin = performance.now();
    await ensureWritableFolder(out);
    const activations = await importCounts(folder, { languages: wanted });
    const path = activationsPath(out);
    await withFolder(out, 'import', async () => {
        await checkReplaces(path, activations, force);
        await writeActivations(path, activations);
    });
    const { languages, counts, tokens } = activations;
    const neurons = sum(counts, (layer) => layer.length / languages.length);
    const tokensOf = Object.fromEntries(languages.map((language, k) => [language, Number(tokens[k])]));
    const seconds = (performance.now() - begin) / 1000;
    return {
        json: {
            languages,
            layers: counts.length,
            neurons,
            tokens: tokensOf,
            seconds,
        },
        text: [
            tokensTable(tokensOf),
            `counts of ${neurons} neurons in ${counts.length} layers are in ${path} (${seconds.toFixed(1)} s)`,
        ].join('\n'),
    };
};
