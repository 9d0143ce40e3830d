import { explore } from '../explore/explore.js';
import { exportSite } from '../explore/exportSite.js';
import { formatQuantity } from '../support/format.js';
import type { CommandArguments, CommandContext, CommandResult } from './CommandDeclaration.js';
import type { exploreDeclaration } from './declarations.js';

/** `explore`: serves the page of a run folder until it is stopped, or writes it as static files. */
export async function exploreCommand(
    args: CommandArguments<typeof exploreDeclaration>,
    { progress, say, signal }: CommandContext,
): Promise<CommandResult> {
    const { dir, title, port } = args;
    if (args.export !== undefined) {
        const written = await exportSite(dir, args.export, { title, progress, signal });
        const { files, bytes, page } = written;
        const size = `${formatQuantity(files, 'file')}, ${(bytes / 2 ** 20).toFixed(1)} MiB`;
        return { json: written, text: `site: ${page} (${size}); any web server can give it` };
    }
    await explore(dir, { title, port, signal, onStart: (url) => say(`explore ${dir} at ${url}; Ctrl-C ends it`) });
    return { json: {}, text: undefined };
}
