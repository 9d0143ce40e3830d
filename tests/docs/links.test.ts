import { existsSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { expect, it } from 'vitest';
import { allPages, readPage } from './pages.js';

const pages = new Map(allPages.map((path) => [path, readPage(path)]));
/** `/api/…` are the library's pages, which the site alone has: building it checks them. */
const isWeb = (link: string): boolean => /^(?:https?:|\/api\/)/.test(link);

it.each(allPages)('%s: its links lead somewhere', (path) => {
    const dead = pages.get(path)!.links.filter((link) => {
        if (isWeb(link)) return false;
        const [file, anchor] = link.split('#') as [string, string?];
        const target = file === '' ? path : normalize(join(dirname(path), file));
        if (!existsSync(target)) return true;
        return anchor !== undefined && !(pages.get(target) ?? readPage(target)).anchors.has(anchor);
    });
    expect(dead).toEqual([]);
});

/** Pages of the site link to pages of the site alone: it has nothing else. Pictures are copied into it. */
it.each(allPages.filter((path) => path.startsWith('docs/')))('%s: its links stay in the site', (path) => {
    const out = pages.get(path)!.links.filter((link) => {
        const target = normalize(join(dirname(path), link.split('#')[0]!));
        return !isWeb(link) && !link.startsWith('#') && !target.startsWith('docs/') && !target.endsWith('.svg');
    });
    expect(out).toEqual([]);
});

/** `src/…`, `tests/model/`: what a code span names of the repository, but for patterns and other endings. */
const ours = /^(?:src|docs|native|scripts|tests)\/[\w./-]+$/;

it.each(allPages)('%s: the files that it names are there', (path) => {
    const missing = pages.get(path)!.codeSpans.filter((span) => ours.test(span) && !existsSync(span));
    expect(missing).toEqual([]);
});
