import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vite';

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

/** Builds the explorer's page into the package; paths are relative, so that it works in any folder of a server. */
export default defineConfig({
    root: here('.'),
    base: './',
    logLevel: 'warn',
    oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
    // The same code, for browsers.
    resolve: { alias: { 'csv-stringify/sync': 'csv-stringify/browser/esm/sync' } },
    worker: { format: 'es' },
    build: {
        outDir: here('../../../dist/explore/page'),
        emptyOutDir: true,
        target: 'es2022',
        modulePreload: { polyfill: false },
    },
});
