import { afterEach, describe, expect, it, vi } from 'vitest';
import { globalOptions } from '../../../src/commands/arguments/CommandDeclaration.js';
import { commands } from '../../../src/commands/commands.js';
import { optionGroups } from '../../../src/commands/arguments/options.js';
import { parseArguments } from '../../../src/commands/parseArguments.js';
import { dashed } from '../../../src/commands/arguments/settingNames.js';
import type { Setting } from '../../../src/settings/Setting.js';

const columns = 80;
afterEach(() => void vi.restoreAllMocks());

/** What a terminal of 80 columns shows. */
async function helpOf(...command: readonly string[]): Promise<string[]> {
    const said: unknown[] = [];
    vi.spyOn(console, 'log').mockImplementation((words) => void said.push(words));
    const before = Object.getOwnPropertyDescriptor(process.stdout, 'columns');
    Object.defineProperty(process.stdout, 'columns', { value: columns, configurable: true });
    try {
        await parseArguments([...command, '--help']);
    } finally {
        if (before === undefined) Reflect.deleteProperty(process.stdout, 'columns');
        else Object.defineProperty(process.stdout, 'columns', before);
    }
    return String(said.join('\n')).split('\n');
}

/** The lines of an option, and its tags in brackets behind them. */
function entryOf(lines: readonly string[], name: string): string {
    const from = lines.findIndex((line) => new RegExp(`^ +(-\\w, )?--${name} `).test(line));
    expect(from, name).toBeGreaterThan(-1);
    const behind = lines.slice(from + 1).findIndex((line) => /^ {2,6}(-\w, )?--|^\S|^$/.test(line));
    return lines
        .slice(from, from + 1 + behind)
        .join(' ')
        .replaceAll(/\s+/g, ' ');
}

describe('the help at 80 columns', () => {
    it.each(commands.map(({ declaration }) => [declaration.usage, declaration] as const))(
        'of %s',
        async (usage, of) => {
            const lines = await helpOf(usage.split(' ')[0]!);
            for (const line of lines) {
                expect(line.length, line).toBeLessThanOrEqual(columns);
                // Only the command, titles and sentences begin at the left edge, no rest of an option.
                expect(line).not.toMatch(/^[["']/);
                // As all that describes something: in small letters, unless it begins with a name.
                expect(line).not.toMatch(/ (Show|Print) /);
            }
            for (const [name, { choices = [], number, flag }] of Object.entries<Setting>({
                ...of.options,
                ...globalOptions,
            })) {
                const entry = entryOf(lines, dashed(name));
                for (const choice of choices) expect(entry).toContain(choice);
                if (number !== undefined) expect(entry).toContain('[number]');
                if (flag === true) expect(entry).toContain('[boolean]');
            }
        },
    );

    it("shows a command's own options first, and those of every command behind them", async () => {
        for (const { declaration } of commands) {
            const lines = await helpOf(declaration.usage.split(' ')[0]!);
            const shown = lines.flatMap((line) => /^ {2,6}(?:-\w, )?--([\w-]+) /.exec(line)?.[1] ?? []);
            if (optionGroups(declaration.options).length > 1) continue; // under titles
            const behind = shown.slice(Object.keys(declaration.options).length);
            expect(behind.sort(), declaration.usage).toEqual(['help', 'json', 'version']);
        }
    });

    it('lists the commands without what stands before all of them, completion last', async () => {
        const lines = await helpOf();
        const begin = lines.indexOf('Commands:');
        const listed = lines
            .slice(begin + 1, lines.indexOf('', begin))
            .filter((line) => /^ {2}\S/.test(line))
            .map((line) => line.trim().split(' ')[0]);
        expect(listed).toEqual([...commands.map(({ declaration: { usage } }) => usage.split(' ')[0]), 'completion']);
        for (const line of lines) expect(line.length).toBeLessThanOrEqual(columns);
        expect(lines[0]).toBe('language-neurons <command>');
    });
});
