import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { folders, parts } from '../../.dependency-cruiser.mjs';
import { chatCommands } from '../../src/commands/conversation/chatCommands.js';
import { commandNames, commandsTable, optionsOf } from './commandLine.js';
import { withSections } from './sections.js';

const pages = ['index', ...commandNames].map((name) => join('docs/commands', `${name}.md`));

it.each(pages)('%s has the arguments that the command declares', (path) => {
    const text = readFileSync(path, 'utf8');
    let written = 0;
    const now = withSections(text, (name) => {
        written++;
        return name === 'commands' ? commandsTable() : optionsOf(/^options: (.+)$/.exec(name)![1]!);
    });
    expect(written, 'no <!-- options: NAME --> … <!-- end -->').toBe(1);
    if (process.env.UPDATE !== undefined) writeFileSync(path, now);
    expect(readFileSync(path, 'utf8'), 'UPDATE=1 npm run test:docs writes it anew').toBe(now);
});

it('CONTRIBUTING.md has the folders of the import rules', () => {
    const text = readFileSync('CONTRIBUTING.md', 'utf8');
    const rows = Object.entries(folders).map(([folder, does]) => `| \`src/${folder}\` | ${does} |`);
    const partRows = Object.entries(parts).flatMap(([folder, some]) =>
        Object.entries(some).map(([part, does]) => `| \`src/${folder}/${part}\` | ${does} |`),
    );
    const tables: Readonly<Record<string, string>> = {
        folders: ['| folder | what it does |', '|---|---|', ...rows].join('\n'),
        parts: ['| part | what it does |', '|---|---|', ...partRows].join('\n'),
    };
    const now = withSections(text, (name) => tables[name]);
    for (const table of Object.values(tables)) expect(now).toContain(table);
    if (process.env.UPDATE !== undefined) writeFileSync('CONTRIBUTING.md', now);
    expect(readFileSync('CONTRIBUTING.md', 'utf8'), 'UPDATE=1 npm run test:docs writes it anew').toBe(now);
});

it('docs/commands/chat.md has the commands of a conversation', () => {
    const text = readFileSync('docs/commands/chat.md', 'utf8');
    const documented = [...text.matchAll(/^\| `\/(\w+)(?: ([^`]+))?` \|/gm)].map(([, name, takes]) => [
        name,
        takes ?? '',
    ]);
    expect(documented).toEqual(Object.entries(chatCommands).map(([name, { takes }]) => [name, takes]));
});
