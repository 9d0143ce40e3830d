import { join } from 'node:path';
import { checkFilePlaces, ensureWritableFolder, writeFileAtomic } from '../files/fileAccess.js';
import { checkSettings } from '../settings/checkSetting.js';
import { reportTable } from '../settings/settings.js';
import { silent, type WorkOptions } from '../support/progress.js';
import { throwIfStopped } from '../support/stop.js';
import { buildSite, type SiteOptions } from './buildSite.js';

/** @inline */
export interface ExportSiteOptions extends Pick<SiteOptions, 'title'>, WorkOptions {}

/** What was written. */
export interface ExportedSite {
    /** The page; any file server that gives its folder shows it. */
    readonly page: string;
    readonly files: number;
    readonly bytes: number;
}

/**
 * Writes the site of a run folder as static files into `out`, which is made if need be. Files of the same names are
 * replaced, others are left alone.
 * @throws LanguageNeuronsError as `buildSite`; UNWRITABLE
 */
export async function exportSite(folder: string, out: string, options: ExportSiteOptions = {}): Promise<ExportedSite> {
    checkSettings(options, { title: reportTable.title }, { progress: true, signal: true });
    const { title, progress = silent, signal } = options;
    const site = await buildSite(folder, { title });
    await ensureWritableFolder(out);
    await checkFilePlaces(...[...site.keys()].map((path) => join(out, path)));
    progress.stage('Writing the site', site.size);
    const page = join(out, 'index.html');
    let [files, bytes] = [0, 0];
    // The page last, so that it never stands without the files that it reads.
    for (const [path, content] of [...site].sort(
        ([a], [b]) => Number(a === 'index.html') - Number(b === 'index.html'),
    )) {
        throwIfStopped(signal);
        const data = await content();
        await writeFileAtomic(join(out, path), data);
        files++;
        bytes += data.length;
        progress.advance(1);
    }
    progress.done();
    return { page, files, bytes };
}
