import { readFileSync } from 'node:fs';
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

it.each(codes)('%s has a table of symptom, cause and mend', (code) => {
    const { text } = readPage('docs/errors.md');
    const section = text.split(/^## /m).find((part) => part.startsWith(`\`${code}\``))!;
    expect(section).toMatch(/^\| symptom \| cause \| mend \|$/m);
    expect(section.match(/^\| .+ \| .+ \| .+ \|$/gm)!.length).toBeGreaterThan(1);
});
