import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import GithubSlugger from 'github-slugger';
import MarkdownIt, { type Token } from 'markdown-it';
import { sidebarSections } from '../../docs/.vitepress/sidebar.js';

/** A fenced block. */
export interface Fence {
    /** First word behind the fence. */
    readonly language: string;
    /** The other words, which say what a test does with it: see docs/contributing/check.md. */
    readonly marks: readonly string[];
    readonly text: string;
    /** 1-based line of the opening fence. */
    readonly line: number;
}

/** A page of the documentation. */
export interface Page {
    /** From the repository's root. */
    readonly path: string;
    readonly text: string;
    readonly fences: readonly Fence[];
    /** Targets of links and pictures. */
    readonly links: readonly string[];
    /** Anchors of headings, as GitHub and the site make them. */
    readonly anchors: ReadonlySet<string>;
    readonly codeSpans: readonly string[];
}

const markdown = new MarkdownIt({ html: true });

export function readPage(path: string): Page {
    const text = readFileSync(path, 'utf8');
    const tokens = markdown.parse(text, {});
    const inline = tokens.flatMap(({ children }) => children ?? []);
    const slugger = new GithubSlugger();
    const anchors = tokens.flatMap((token, i) =>
        token.type === 'heading_open' ? [slugger.slug(wordsOf(tokens[i + 1]!))] : [],
    );
    return {
        path,
        text,
        fences: tokens.filter(({ type }) => type === 'fence').map(fenceOf),
        links: inline.flatMap((token) => token.attrGet('href') ?? token.attrGet('src') ?? []),
        anchors: new Set(anchors),
        codeSpans: inline.filter(({ type }) => type === 'code_inline').map(({ content }) => content),
    };
}

function wordsOf({ children }: Token): string {
    return (children ?? []).map(({ content }) => content).join('');
}

function fenceOf({ info, content, map }: Token): Fence {
    const [language = '', ...marks] = info.trim().split(/\s+/);
    return { language, marks, text: content, line: map![0] + 1 };
}

/** The pages of the site, in the order in which they are read. */
export const sitePages: readonly string[] = sidebarSections(resolve('docs')).flatMap(({ pages }) =>
    pages.map((page) => join('docs', `${page}.md`)),
);

/** Files of studies whose names end so. */
export function studyFiles(ending: string): string[] {
    const files = readdirSync('studies', { recursive: true, encoding: 'utf8' });
    return files.filter((file) => file.endsWith(ending)).map((file) => join('studies', file));
}

/** Every page that people read. */
export const allPages: readonly string[] = [
    'README.md',
    'CONTRIBUTING.md',
    'CHANGELOG.md',
    'scripts/embedded/README.md',
    ...studyFiles('README.md'),
    ...sitePages,
].filter((path) => existsSync(path));
