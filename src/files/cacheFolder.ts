import envPaths from 'env-paths';

/** The folder for files that can be downloaded again: `LANGUAGE_NEURONS_CACHE`, or the platform's folder of caches. */
export function cacheFolder(): string {
    return process.env.LANGUAGE_NEURONS_CACHE ?? envPaths('language-neurons', { suffix: '' }).cache;
}
