import { resolve } from 'node:path';
import ts from 'typescript';

/** What is read, written or implemented: fields of one's own do no harm there. */
const data = [
    'Activations',
    'Comparison',
    'DeactivationMatrix',
    'DoseCurves',
    'Float32Array',
    'Int32Array',
    'QuestionMetricKind',
    'NeuronAnalysis',
    'NeuronTable',
    'ReportInput',
    'ScoredMetric',
    'Site',
    'TextMetricKind',
    'Uint32Array',
    'WriteStream',
];

/** Names of the functions and methods of modules that take an object with optional fields: `collect`, `Engine.open`. */
export function withOptions(entries: readonly string[]): string[] {
    const { fileNames, options } = ts.getParsedCommandLineOfConfigFile(
        'tsconfig.build.json',
        {},
        {
            ...ts.sys,
            onUnRecoverableConfigFileDiagnostic: ({ messageText }) => {
                throw new Error(String(messageText));
            },
        },
    )!;
    const program = ts.createProgram(fileNames, options);
    const checker = program.getTypeChecker();
    const found = new Set<string>();
    const add = (name: string, signature: ts.Signature, at: ts.Node): void => {
        const types = signature.getParameters().map((one) => checker.getTypeOfSymbolAtLocation(one, at));
        if (types.some((type) => hasOptions(checker, type))) found.add(name);
    };
    for (const entry of entries) {
        const module = checker.getSymbolAtLocation(program.getSourceFile(resolve(entry))!)!;
        for (const exported of checker.getExportsOfModule(module)) {
            const symbol = exported.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(exported) : exported;
            const { valueDeclaration: at } = symbol;
            if (at === undefined) continue;
            for (const signature of checker.getTypeOfSymbolAtLocation(symbol, at).getCallSignatures())
                add(symbol.name, signature, at);
            if (!ts.isClassDeclaration(at)) continue;
            for (const member of at.members) {
                if (!ts.isMethodDeclaration(member) || ts.isPrivateIdentifier(member.name)) continue;
                if (ts.getJSDocTags(member).some(({ tagName }) => tagName.text === 'internal')) continue;
                add(`${symbol.name}.${member.name.getText()}`, checker.getSignatureFromDeclaration(member)!, member);
            }
        }
    }
    return [...found].sort();
}

function hasOptions(checker: ts.TypeChecker, type: ts.Type): boolean {
    const parts = type.isUnion() ? type.types : [type];
    return parts.some((one) => {
        const name = (one.aliasSymbol ?? (one.symbol as ts.Symbol | undefined))?.name ?? '';
        if (!(one.flags & (ts.TypeFlags.Object | ts.TypeFlags.Intersection)) || data.includes(name)) return false;
        if (checker.isArrayLikeType(one) || one.getCallSignatures().length > 0) return false;
        return one.getProperties().some(({ flags }) => flags & ts.SymbolFlags.Optional);
    });
}
