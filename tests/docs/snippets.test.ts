import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import ts from 'typescript';
import { expect, it } from 'vitest';
import { readPage, sitePages } from './pages.js';

const snippets = ['README.md', ...sitePages].flatMap((path) =>
    readPage(path)
        .fences.filter(({ language }) => language === 'ts')
        .map(({ line, text }) => ({ at: `${path}:${line}`, text })),
);

it('every snippet of TypeScript has the types of the package', () => {
    const folder = resolve('build/docs/types'); // inside the package, so that its name resolves to itself
    rmSync(folder, { recursive: true, force: true });
    mkdirSync(folder, { recursive: true });
    const paths = snippets.map(({ text }, i) => {
        const path = join(folder, `snippet${i}.ts`);
        writeFileSync(path, `${text}\nexport {};\n`);
        return path;
    });
    const program = ts.createProgram(paths, {
        target: ts.ScriptTarget.ESNext,
        module: ts.ModuleKind.NodeNext,
        moduleResolution: ts.ModuleResolutionKind.NodeNext,
        lib: ['lib.esnext.d.ts'],
        types: ['node'],
        strict: true,
        exactOptionalPropertyTypes: true,
        skipLibCheck: true,
        noEmit: true,
    });
    const faults = ts.getPreEmitDiagnostics(program).map(({ file, messageText }) => {
        const at = snippets[paths.indexOf(file?.fileName ?? '')]?.at ?? '';
        return `${at}: ${ts.flattenDiagnosticMessageText(messageText, ' ')}`;
    });
    expect(faults).toEqual([]);
    expect(snippets.length).toBeGreaterThan(0);
});
