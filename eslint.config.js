import js from '@eslint/js';
import stylistic from '@stylistic/eslint-plugin';
import tseslint from 'typescript-eslint';

export default tseslint.config(
    { ignores: ['build/', 'dist/', 'runs/', 'node_modules/', '.cache/', 'docs/api/', 'docs/.vitepress/{cache,dist}/'] },
    js.configs.recommended,
    {
        // Prettier breaks no strings, templates and comments.
        plugins: { '@stylistic': stylistic },
        rules: { '@stylistic/max-len': ['error', { code: 120, ignoreUrls: true, ignoreRegExpLiterals: true }] },
    },
    {
        files: ['**/*.mjs', '**/*.js'],
        languageOptions: {
            globals: {
                process: 'readonly',
                console: 'readonly',
                Buffer: 'readonly',
                URL: 'readonly',
                AbortController: 'readonly',
                fetch: 'readonly',
                performance: 'readonly',
                setTimeout: 'readonly',
                clearTimeout: 'readonly',
                setInterval: 'readonly',
                clearInterval: 'readonly',
            },
        },
        rules: { 'no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }] },
    },
    {
        files: ['**/*.{ts,tsx}', '**/*.d.mts'],
        extends: [tseslint.configs.strict],
        rules: {
            '@typescript-eslint/no-non-null-assertion': 'off', // noUncheckedIndexedAccess makes every index one
            '@typescript-eslint/no-explicit-any': 'error',
            // A type that is inferred from a shape gets its name, and its page in the docs, as an interface.
            '@typescript-eslint/no-empty-object-type': ['error', { allowInterfaces: 'with-single-extends' }],
            '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
        },
    },
    {
        files: ['src/**/*.{ts,tsx}'],
        rules: { 'max-lines-per-function': ['error', { max: 60 }] },
    },
);
