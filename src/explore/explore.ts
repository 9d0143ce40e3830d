import { checkSettings } from '../settings/checkSetting.js';
import { reportTable, serverTable } from '../settings/settings.js';
import { LiveModel, type LiveOptions } from './live/LiveModel.js';
import { buildSite, type SiteOptions } from './buildSite.js';
import { type ExploreServerOptions, serveSite } from './exploreServer.js';

/** @inline */
export interface ExploreOptions extends Pick<SiteOptions, 'title'>, ExploreServerOptions {
    /** The model of the run, which the live pages ask; it is busy meanwhile. Default: they say how to open one. */
    readonly model?: LiveOptions | undefined;
}

/**
 * Shows the neurons of a run folder on a page for browsers of this machine, until the signal ends it.
 * @throws LanguageNeuronsError as `buildSite`; WRONG_USE for a port that is taken; MISMATCH for another model than the
 * run's
 */
export async function explore(folder: string, options: ExploreOptions): Promise<void> {
    checkSettings(
        options,
        { title: reportTable.title, port: serverTable.port },
        { signal: true, onStart: true, model: true },
    );
    const { title, model } = options;
    using live = model && (await LiveModel.open(folder, model));
    await serveSite(await buildSite(folder, { title, live: live?.facts ?? null }), options, live);
}
