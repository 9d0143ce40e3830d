import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';
import { expect, it } from 'vitest';
import { readPage } from './pages.js';

/** The members of the type `ErrorCode`, as its source has them. */
function errorCodes(): string[] {
    const path = 'src/errors.ts';
    const source = ts.createSourceFile(path, readFileSync(path, 'utf8'), ts.ScriptTarget.Latest);
    const type = source.statements.find(
        (statement): statement is ts.TypeAliasDeclaration =>
            ts.isTypeAliasDeclaration(statement) && statement.name.text === 'ErrorCode',
    )!.type;
    return (type as ts.UnionTypeNode).types.map(
        (member) => ((member as ts.LiteralTypeNode).literal as ts.StringLiteral).text,
    );
}

const codes = errorCodes();

it('docs/errors.md has every code, and no other', () => {
    const { text } = readPage('docs/errors.md');
    const documented = [...text.matchAll(/^## `(\w+)`$/gm)].map(([, code]) => code);
    expect(codes.length).toBeGreaterThan(10);
    expect(documented.toSorted()).toEqual(codes.toSorted());
});

it.each(codes)('%s has a table of symptom, cause and fix', (code) => {
    const { text } = readPage('docs/errors.md');
    const section = text.split(/^## /m).find((part) => part.startsWith(`\`${code}\``))!;
    expect(section).toMatch(/^\| symptom \| cause \| fix \|$/m);
    expect(section.match(/^\| .+ \| .+ \| .+ \|$/gm)!.length).toBeGreaterThan(1);
});

/** All that may say something: the sources, and what the page itself shows. */
function sources(): string {
    const files = ['src', 'native', 'scripts/build'].flatMap((folder) =>
        readdirSync(folder, { recursive: true, encoding: 'utf8' }).map((name) => join(folder, name)),
    );
    const texts = files.filter((file) => /\.(?:ts|mjs|cpp|h)$/.test(file)).map((file) => readFileSync(file, 'utf8'));
    const shown = readPage('docs/errors.md').fences.filter(({ marks }) => marks.includes('output'));
    return [...texts, ...shown.map(({ text }) => text)].join('\n');
}

/** Code spans of the first column, in parts: an ellipsis stands for a name or a number. */
function symptoms(): string[] {
    const rows = readPage('docs/errors.md').text.match(/^\| .+ \| .+ \| .+ \|$/gm)!;
    const spans = rows.flatMap((row) => [...row.split(' | ')[0]!.matchAll(/`([^`]+)`/g)].map(([, span]) => span!));
    return spans.flatMap((span) => span.split('…')).filter((part) => part.trim().length > 3);
}

const said = sources();

it.each(symptoms())('some message still says "%s"', (part) => {
    expect(said).toContain(part.trim().replace(/^[^\w]+|[^\w")]+$/g, ''));
});
