import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';

/** Files of tests that run beside each other, each on a core of its own. */
const maxWorkers = Math.min(availableParallelism(), 4);

/**
 * Tests of `tests/model` that have the machine to themselves: those of what the addon computes on several threads; of
 * devices, for which a software GPU compiles for minutes on one core; and of an event loop that must be free while an
 * engine computes.
 */
const alone = [
    ...['additive', 'continuousBatching', 'counting', 'edits', 'experts', 'generate', 'mask', 'values'],
    ...['gpu', 'devices', 'draftAnswers'],
    'serveLoop',
].map((name) => `tests/model/${name}.test.ts`);

/**
 * Tests of `tests/unit` that have a process of their own: they change what it has (its registry of metrics, its file
 * functions), or measure what it holds.
 */
const apart = [
    ...['experiments/registerMetric', 'files/writing', 'run/clean'],
    ...['corpus/joined', 'corpus/readOnce'],
].map((name) => `tests/unit/${name}.test.ts`);

// unit: pure, no model; unit-apart: those of them with a process of their own. main: the build driver, and the real
// addon on real GGUF files; alone: those of them that have the machine to themselves. Files of unit and of main share
// processes, so that what they import is loaded once. `npm test` runs these four.
// campaign: kills, mutated inputs, failing files, two processes, a jumping clock, a storm of requests,
// `npm run test:campaign`; its sizes are in tests/campaign/settings.ts. docs: what README and docs show,
// `npm run test:docs`. rpc: two RPC servers on the loopback address, `npm run test:rpc`, which builds ggml's RPC
// backend. slurm: job arrays on a Slurm of this machine alone, `npm run test:slurm`. packages: the tarballs, installed
// where there is no compiler, `npm run test:packages`.
// pages: what people look at, in Debian's Chromium, `npm run test:pages`.
// export: every architecture and every block type, edited and read by llama.cpp's own programs, `npm run test:export`.
// architectures: a model of every architecture that llama.cpp can write, `npm run test:architectures`.
export default defineConfig({
    test: {
        projects: [
            {
                extends: true,
                test: {
                    name: 'unit',
                    include: ['tests/unit/**/*.test.ts'],
                    exclude: apart,
                    isolate: false,
                    maxWorkers,
                    sequence: { groupOrder: 0 },
                },
            },
            {
                extends: true,
                test: { name: 'unit-apart', include: apart, maxWorkers, sequence: { groupOrder: 0 } },
            },
            {
                extends: true,
                test: {
                    name: 'main',
                    include: ['tests/{build,model}/**/*.test.ts'],
                    exclude: alone,
                    isolate: false,
                    setupFiles: ['tests/helpers/oneCore.ts'],
                    maxWorkers,
                    sequence: { groupOrder: 0 },
                },
            },
            // a GPU in software is slow on some processors
            { extends: true, test: { name: 'alone', include: alone, testTimeout: 600_000 } },
            {
                extends: true,
                test: {
                    name: 'campaign',
                    include: ['tests/campaign/**/*.test.ts'],
                    testTimeout: 4 * 3_600_000,
                    hookTimeout: 600_000,
                },
            },
            {
                extends: true,
                test: {
                    name: 'slurm',
                    include: ['tests/slurm/**/*.test.ts'],
                    testTimeout: 600_000,
                    hookTimeout: 600_000,
                },
            },
            {
                extends: true,
                test: {
                    name: 'architectures',
                    include: ['tests/architectures/**/*.test.ts'],
                    testTimeout: 3_600_000,
                    hookTimeout: 600_000,
                },
            },
            {
                extends: true,
                test: {
                    name: 'packages',
                    include: ['tests/packages/**/*.test.ts'],
                    globalSetup: ['tests/packages/setup.ts'],
                    testTimeout: 1_800_000,
                    hookTimeout: 3_600_000,
                },
            },
            {
                extends: true,
                test: { name: 'export', include: ['tests/export/**/*.test.ts'], testTimeout: 1_800_000 },
            },
            {
                extends: true,
                test: { name: 'pages', include: ['tests/pages/**/*.test.ts'] },
            },
            {
                extends: true,
                test: { name: 'docs', include: ['tests/docs/**/*.test.ts'], testTimeout: 600_000 },
            },
            { extends: true, test: { name: 'rpc', include: ['tests/rpc/**/*.test.ts'] } },
        ],
        testTimeout: 180_000,
        hookTimeout: 180_000,
        setupFiles: ['tests/setup.ts'],
        // what vite made of a source is kept until the source changes
        experimental: { fsModuleCache: true, fsModuleCachePath: '.cache/vitest' },
        pool: 'forks',
        maxWorkers: 1,
        sequence: { groupOrder: 1 },
    },
});
