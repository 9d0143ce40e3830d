import { defineConfig } from 'vitest/config';

// unit: pure, no model. build: the build driver. model: the real addon on real GGUF files.
export default defineConfig({
    test: {
        include: ['tests/{unit,build,model}/**/*.test.ts'],
        testTimeout: 180_000,
        hookTimeout: 180_000,
        pool: 'forks',
        // Two cores: native tests use them all, one file at a time keeps their memory apart.
        fileParallelism: false,
    },
});
