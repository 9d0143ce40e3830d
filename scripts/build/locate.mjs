// For run time, which starts it as a process of its own: builds what is missing or out of date, with its progress on
// stderr, and prints on stdout what to load, as JSON; for a failed build, {"error": "its line"}.
import { BuildError } from '../../src/prebuilt/BuildError.mjs';
import { ensureBuilt } from './ensure.mjs';
import { showProgress } from './progress.mjs';

try {
    const { addonPath, ggmlDir, release, variants } = await ensureBuilt({ progress: showProgress() });
    console.log(JSON.stringify({ addonPath, ggmlDir, release, variants }));
} catch (error) {
    if (!(error instanceof BuildError)) throw error;
    console.log(JSON.stringify({ error: error.message }));
}
