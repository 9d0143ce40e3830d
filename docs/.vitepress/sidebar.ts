import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** A heading of the sidebar with its pages, by their paths below docs/ without `.md`. */
export interface Section {
    readonly text: string;
    readonly pages: readonly string[];
}

/** The order in which pages are read; the examples' tests run them in it. Pages not named here come last. */
const sections: readonly Section[] = [
    { text: 'Start', pages: ['index', 'packages', 'your-model', 'demo', 'typescript'] },
    {
        text: 'Commands',
        pages: [
            'commands/index',
            'commands/inspect',
            'commands/data',
            'commands/collect',
            'commands/identify',
            'commands/neurons',
            'commands/activations',
            'commands/effects',
            'commands/lens',
            'commands/examples',
            'commands/deactivate',
            'commands/intervene',
            'commands/check',
            'commands/report',
            'commands/explore',
            'commands/compare',
            'commands/quants',
            'commands/evaluate',
            'commands/tune',
            'commands/generate',
            'commands/chat',
            'commands/serve',
            'commands/export',
            'commands/respond',
            'commands/run',
            'commands/import',
            'commands/merge',
            'commands/clean',
            'commands/rpc-server',
        ],
    },
    {
        text: 'What it does',
        pages: [
            'method',
            'checks',
            'interventions',
            'glossary',
            'reasoning',
            'formats',
            'python',
            'errors',
            'identity',
            'verification',
        ],
    },
    { text: 'Machines', pages: ['gpu', 'scale', 'rpc'] },
    {
        text: 'Inside',
        pages: [
            'architecture',
            'architectures',
            'campaign',
            'upgrading',
            'contributing/architecture',
            'contributing/intervention',
            'contributing/metric',
            'contributing/setting',
            'contributing/check',
            'contributing/figure',
            'contributing/finding',
        ],
    },
];

/** Every page below docs/ that a person wrote, without `.md`. */
function writtenPages(docs: string): string[] {
    return readdirSync(docs, { recursive: true, encoding: 'utf8' })
        .map((name) => name.replaceAll('\\', '/'))
        .filter((name) => name.endsWith('.md') && !/^(?:api|\.vitepress)\//.test(name))
        .map((name) => name.replace(/\.md$/, ''))
        .sort();
}

/** The sections with the pages that are there, those not named above as the last one. */
export function sidebarSections(docs: string): Section[] {
    const all = writtenPages(docs);
    const named = new Set(sections.flatMap(({ pages }) => pages));
    const more = { text: 'More', pages: all.filter((page) => !named.has(page)) };
    return [...sections, more]
        .map(({ text, pages }) => ({ text, pages: pages.filter((page) => all.includes(page)) }))
        .filter(({ pages }) => pages.length > 0);
}

/** A page's first heading. */
export function titleOf(docs: string, page: string): string {
    return /^# (.+)$/m.exec(readFileSync(join(docs, `${page}.md`), 'utf8'))?.[1]?.replaceAll('`', '') ?? page;
}
