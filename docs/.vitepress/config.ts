import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { slug } from 'github-slugger';
import { type DefaultTheme, defineConfig } from 'vitepress';
import { sidebarSections, titleOf } from './sidebar';

const docs = fileURLToPath(new URL('..', import.meta.url));
const apiSidebar = `${docs}api/typedoc-sidebar.json`;

/** What typedoc wrote of the library's exports; `npm run docs` calls it first. */
function apiSection(): DefaultTheme.SidebarItem {
    const items = existsSync(apiSidebar)
        ? (JSON.parse(readFileSync(apiSidebar, 'utf8')) as DefaultTheme.SidebarItem[])
        : [];
    return { text: 'Library, by name', link: '/api/', collapsed: true, items };
}

export default defineConfig({
    title: 'language-neurons',
    description: 'How a language model handles many languages, neuron by neuron',
    cleanUrls: true,
    // Anchors as GitHub makes them: a link holds on both.
    markdown: { anchor: { slugify: (text) => slug(text) } },
    themeConfig: {
        search: { provider: 'local' },
        outline: [2, 3],
        sidebar: [
            ...sidebarSections(docs).map(({ text, pages }) => ({
                text,
                items: pages.map((page) => ({
                    text: titleOf(docs, page),
                    link: `/${page.replace(/(?:^|\/)index$/, (end) => (end.startsWith('/') ? '/' : ''))}`,
                })),
            })),
            apiSection(),
        ],
    },
});
