import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';

const cruiser = resolve('node_modules/dependency-cruiser/bin/dependency-cruise.mjs');
const rules = resolve('.dependency-cruiser.mjs');
const outcomeShape = z.object({
    summary: z.object({
        totalCruised: z.int(),
        violations: z.array(z.object({ from: z.string(), to: z.string(), rule: z.object({ name: z.string() }) })),
    }),
});

/** What breaks the rules of .dependency-cruiser.mjs in the `src` of a folder. */
function cruise(folder: string): { readonly modules: number; readonly violations: readonly string[] } {
    const words = execFileSync(process.execPath, [cruiser, 'src', '--config', rules, '--output-type', 'json'], {
        cwd: folder,
        encoding: 'utf8',
        maxBuffer: 2 ** 26,
    });
    const { totalCruised, violations } = outcomeShape.parse(JSON.parse(words)).summary;
    return {
        modules: totalCruised,
        violations: violations.map(({ from, to, rule }) => `${rule.name}: ${from} -> ${to}`),
    };
}

describe('imports in src', () => {
    it('go from later folders to earlier ones, without cycles', () => {
        const { modules, violations } = cruise('.');
        expect(violations).toEqual([]);
        expect(modules).toBeGreaterThan(150); // it has looked at all of src
    });
});

describe('the rules of the direction', () => {
    let folder: string;

    beforeAll(async () => {
        folder = await mkdtemp(join(tmpdir(), 'imports-'));
        const sources: Readonly<Record<string, string>> = {
            'tsconfig.json': '{}',
            'scripts/build.mjs': 'export const built = true;',
            'src/index.ts': "export * from './neurons/back.js';",
            'src/errors.ts': "import './support/plain.js';",
            'src/support/plain.ts': 'export const plain = 1;',
            'src/support/entry.ts': "import '../index.js';",
            'src/engine/script.ts': "import '../../scripts/build.mjs';",
            'src/neurons/right.ts': "import '../support/plain.js';",
            'src/neurons/back.ts': "import type { Late } from '../experiments/late.js';\nexport type Back = Late;",
            'src/experiments/late.ts': 'export type Late = number;',
            'src/commands/arguments/declarations.ts': "import '../../neurons/right.js';",
            'src/report/here.ts': "export type { There } from './there.js';\nexport type Here = 1;",
            'src/report/there.ts': "import type { Here } from './here.js';\nexport type There = Here;",
            'src/novel/module.ts': "import '../support/plain.js';",
            'src/questions/respond.ts': "import './templates/right.js';",
            'src/questions/templates/right.ts': "import '../sources/plain.js';",
            'src/questions/templates/beside.ts': "import '../respond.js';",
            'src/questions/sources/plain.ts': 'export const plain = 1;',
            'src/questions/sources/back.ts': "import '../templates/right.js';",
            'src/questions/novel/module.ts': "import '../sources/plain.js';",
        };
        for (const [path, text] of Object.entries(sources)) {
            await mkdir(dirname(join(folder, path)), { recursive: true });
            await writeFile(join(folder, path), text);
        }
    });

    afterAll(() => rm(folder, { recursive: true, force: true }));

    it('find every kind of import that they forbid, and no other', () => {
        expect([...cruise(folder).violations].sort()).toEqual([
            'declarations-are-light: src/commands/arguments/declarations.ts -> src/neurons/right.ts',
            'entries-are-imported-by-none: src/support/entry.ts -> src/index.ts',
            'every-folder-has-its-place: src/novel/module.ts -> src/support/plain.ts',
            'every-part-of-questions-has-its-place: src/questions/novel/module.ts -> src/questions/sources/plain.ts',
            'neurons-imports-from-those-before-it: src/neurons/back.ts -> src/experiments/late.ts',
            'no-cycles: src/report/here.ts -> src/report/there.ts',
            'questions-sources-imports-from-those-before-it: ' +
                'src/questions/sources/back.ts -> src/questions/templates/right.ts',
            'questions-templates-imports-from-those-before-it: ' +
                'src/questions/templates/beside.ts -> src/questions/respond.ts',
            'shared-modules-stand-alone: src/errors.ts -> src/support/plain.ts',
            'src-stays-in-src: src/engine/script.ts -> scripts/build.mjs',
        ]);
    });
});
