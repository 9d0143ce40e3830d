import { createRequire } from 'node:module';

const { name, version } = createRequire(import.meta.url)('../package.json') as { name: string; version: string };

/** Version of this package. */
export const toolVersion = version;

/** Versions that decide results, for metadata. */
export function toolVersions(): Record<string, string> {
    return { [name]: version };
}
