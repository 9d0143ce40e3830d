import { checkSettings } from '../settings/checkSetting.js';
import { reportTable, serverTable } from '../settings/settings.js';
import { buildSite, type SiteOptions } from './buildSite.js';
import { type ExploreServerOptions, serveSite } from './exploreServer.js';

export interface ExploreOptions extends SiteOptions, ExploreServerOptions {}

/**
 * Shows the neurons of a run folder on a page for browsers of this machine, until the signal ends it.
 * @throws LanguageNeuronsError as `buildSite`; WRONG_USE for a port that is taken
 */
export async function explore(folder: string, options: ExploreOptions): Promise<void> {
    checkSettings(options, { title: reportTable.title, port: serverTable.port }, { signal: true, onStart: true });
    await serveSite(await buildSite(folder, options), options);
}
