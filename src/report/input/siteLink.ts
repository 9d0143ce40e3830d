import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { pathFrom } from '../../corpus/datasetName.js';
import { LanguageNeuronsError, wrongUse } from '../../errors.js';

const page = 'index.html';

/**
 * Where the explorer's static site is, for links from a report.
 * @param out folder of the report, to which a site on the disk is relative
 * @param site its address, or its folder; default: `site` in the run folder where there is one
 * @throws LanguageNeuronsError NOT_FOUND for a folder without a site
 */
export function siteLink(folder: string, out: string, site: string | undefined): string | undefined {
    if (site !== undefined && /^https?:/i.test(site)) {
        if (!URL.canParse(site)) {
            throw wrongUse(`\`site\` must be an address or a folder, not ${site}`);
        }
        return new URL(site).href.replace(/#.*$/, '');
    }
    const found = site ?? join(folder, 'site');
    if (existsSync(join(found, page))) {
        return pathFrom(out, join(found, page)).split('/').map(encodeURIComponent).join('/');
    }
    if (site === undefined) return undefined;
    throw new LanguageNeuronsError(
        'NOT_FOUND',
        `${site}: holds no ${page}; write the site there with explore --export, or give its address`,
    );
}

/** The site's page of one neuron. */
export function neuronLink(site: string, name: string): string {
    return `${site}#/neuron/${encodeURIComponent(name)}`;
}
