import envPaths from 'env-paths';

/** Folder for what can be had again: `LANGUAGE_NEURONS_CACHE`, or the platform's own for caches. */
export function cacheFolder(): string {
    return process.env.LANGUAGE_NEURONS_CACHE ?? envPaths('language-neurons', { suffix: '' }).cache;
}
