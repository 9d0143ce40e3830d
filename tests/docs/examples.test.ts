import { readFileSync, writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { paperDataHere } from '../helpers/paperData.js';
import { processorHas } from '../helpers/processorHas.js';
import { callsIn, parseArguments } from './commandLine.js';
import { allPages, type Fence, readPage, sitePages } from './pages.js';
import { outputDifference } from './sameOutput.js';
import { python, type Ran, Workspace } from './Workspace.js';

/** Marks of commands that are parsed and not run: what they need is not everywhere. */
const needs = ['large', 'gpu', 'network', 'cluster', 'build'];
const shells = ['sh', 'bash', 'console'];
/** Languages and marks of what was run. */
const ran = new Set<string>();

/**
 * With AMX, ggml adds up in another order: a few neurons more or fewer pass the bars. Listings marked `bits` then have
 * other rows than those that stand there, which were written without it; all others are compared on every processor.
 */
const otherBits = processorHas('amx_int8');

/** What a fence prints, or undefined where it is not to be run here. */
function run({ language, marks, text }: Fence, workspace: Workspace): Ran | undefined {
    if (marks.some((mark) => needs.includes(mark))) return undefined;
    if (/\bnpm (?:ci|install|run|test)\b/.test(text) && shells.includes(language))
        throw new Error('a fence that builds or tests the project is marked build, and not run inside its tests');
    if (marks.includes('published') && !paperDataHere) return undefined;
    if (language === 'python' && python === undefined) return undefined;
    for (const kind of [language, ...marks]) ran.add(kind);
    if (shells.includes(language)) return workspace.shell(text);
    if (language === 'ts') return workspace.typescript(text);
    if (language === 'python') return workspace.python(text);
    return undefined;
}

function check(path: string, workspace: Workspace): void {
    const { fences, text } = readPage(path);
    const lines = text.split('\n');
    let printed: string | undefined;
    // From the last line up, so that new outputs leave the lines of the others where they are.
    const outputs: { readonly fence: Fence; readonly found: string }[] = [];
    for (const fence of fences) {
        const at = `${path}:${fence.line}`;
        if (fence.marks.includes('output')) {
            if (printed === undefined) continue;
            if (otherBits && fence.marks.includes('bits') && process.env.UPDATE === undefined) {
                expect.soft(printed.trim() === '', `${at}: whether it prints nothing`).toBe(fence.text.trim() === '');
                continue;
            }
            const difference = outputDifference(fence.text, printed, {
                words: fence.marks.includes('words'),
                answers: fence.marks.includes('answers'),
            });
            if (difference === undefined) continue;
            if (process.env.UPDATE === undefined) {
                const mend = 'UPDATE=1 npm run test:docs writes it anew';
                expect.soft(printed, `${at} has ${difference}; ${mend}`).toBe(fence.text);
            }
            outputs.push({ fence, found: printed });
            continue;
        }
        printed = undefined;
        const file = fence.marks.find((mark) => mark.startsWith('file='))?.slice('file='.length);
        if (file !== undefined) workspace.write(file, fence.text);
        const result = run(fence, workspace);
        if (result === undefined) continue;
        const fails = fence.marks.includes('fails');
        expect(result.code === 0, `${at}: ${result.stderr}`).toBe(!fails);
        printed = fails ? result.stderr.trimEnd().split('\n').at(-1)! : result.stdout; // the line that says why
    }
    if (process.env.UPDATE === undefined || outputs.length === 0) return;
    for (const { fence, found } of outputs.reverse()) {
        lines.splice(fence.line, fence.text.split('\n').length - 1, ...found.trimEnd().split('\n'));
    }
    writeFileSync(path, lines.join('\n'));
}

describe.each([
    ['README.md', ['README.md']],
    ['docs', sitePages],
] as const)('the commands and snippets of %s', (name, pages) => {
    const workspace = new Workspace(name === 'docs' ? 'site' : 'readme');

    it.each(pages)('%s: run, and print what stands there', (path) => check(path, workspace));
});

const unrun = allPages.flatMap((path) =>
    readPage(path)
        .fences.filter(({ language, marks }) => shells.includes(language) && marks.some((mark) => needs.includes(mark)))
        .flatMap((fence) => callsIn(fence).map((words) => [`${path}:${fence.line}`, words] as const)),
);

const scripts = Object.keys((JSON.parse(readFileSync('package.json', 'utf8')) as { scripts: object }).scripts);
const npmCalls = allPages.flatMap((path) =>
    readPage(path)
        .fences.filter(({ marks }) => marks.includes('build'))
        .flatMap(({ text }) =>
            [...text.matchAll(/npm run (?:--silent )?([\w:-]+)/g)].map(([, script]) => [path, script!]),
        ),
);

it.each(npmCalls)('%s: there is the script npm run %s', (_, script) => {
    expect(scripts).toContain(script);
});

it.each(unrun)('%s: a command that is not run here can be parsed: %s', async (_, words) => {
    expect(await parseArguments(words)).toBeDefined();
});

it.skipIf(python === undefined)(
    'Python snippets ran (skipped without the libraries of docs/contributing/check.md)',
    () => {
        expect(ran.has('python')).toBe(true);
    },
);

it.skipIf(!paperDataHere)("the authors' counts were imported (skipped without them)", () => {
    expect(ran.has('published')).toBe(true);
});
