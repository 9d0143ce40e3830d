import { spawnSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { alignedTable } from '../../../src/commands/words/alignedTable.js';
import { widthOf } from '../../../src/support/textWidth.js';

const escape = '\u001b';
const columns = [
    { heading: 'token', elastic: true },
    { heading: 'n', right: true },
];

describe('an aligned table', () => {
    it('puts columns below one another, by the width that a terminal gives to characters', () => {
        expect(
            alignedTable(
                columns,
                [
                    ['a', '1'],
                    ['漢字', '10'],
                    ['กำ', '100'],
                ],
                80,
            ),
        ).toBe(['token    n', 'a        1', '漢字    10', 'กำ     100'].join('\n'));
    });

    it.each([12, 20, 40])('cuts what does not fit into %i columns', (width) => {
        const lines = alignedTable(
            columns,
            [
                ['漢字漢字漢字漢字漢字漢字漢字漢字漢字漢字漢字', '1'],
                ['short', '2'],
            ],
            width,
        ).split('\n');
        for (const line of lines) expect(widthOf(line)).toBeLessThanOrEqual(width);
        expect(lines[1]).toContain('…');
        expect(lines[2]).toContain('short');
    });

    it('cuts a column that follows below only where its own line is too narrow', () => {
        const some = [{ heading: 'data' }, { heading: 'where' }, { heading: 'what', elastic: true }];
        const rows = [['msvamp', 'downloaded when used', 'questions of arithmetic']];
        const lines = (width: number): string[] => alignedTable(some, rows, width).split('\n');
        expect(lines(80)[1]).toBe('msvamp  downloaded when used  questions of arithmetic');
        expect(lines(32).slice(2)).toEqual(['', 'data    what', 'msvamp  questions of arithmetic']);
        expect(lines(29).at(-1)).toBe('msvamp  questions of arithme…');
    });

    it('puts what does not fit below, behind the first column again, groups whole', () => {
        const wide = [
            { heading: 'language' },
            ...['perplexity', 'accuracy'].flatMap((group) =>
                ['whole', 'without'].map((heading) => ({ group, heading, right: true })),
            ),
        ];
        const rows = [['zh', '3.20', '39.00', '95 %', '65 %']];
        expect(alignedTable(wide, rows, 80).split('\n')).toEqual([
            '          perplexity ───  accuracy ─────',
            'language  whole  without  whole  without',
            'zh         3.20    39.00   95 %     65 %',
        ]);
        expect(alignedTable(wide, rows, 30).split('\n')).toEqual([
            '          perplexity ───',
            'language  whole  without',
            'zh         3.20    39.00',
            '',
            '          accuracy ─────',
            'language  whole  without',
            'zh         95 %     65 %',
        ]);
    });

    it('shows what a terminal would obey as what it is: nothing', () => {
        const rows = [['\u001b[31m<script>\u202egnp\u2066.exe\n\u0007x', '1']];
        expect(alignedTable([{ heading: 'a' }, { heading: 'b' }], rows, 80).split('\n')).toEqual([
            'a                      b',
            '[31m<script>gnp.exe x  1',
        ]);
    });

    it('is coloured on a terminal, where nobody forbids it, and nowhere else', () => {
        const print = [
            "import { alignedTable } from './dist/commands/words/alignedTable.js';",
            "console.log(alignedTable([{ heading: 'n' }], [[{ text: '1', tone: 'bad' }]]));",
        ].join('');
        const printed = (command: string, env: Record<string, string>): string =>
            spawnSync('sh', ['-c', command], {
                encoding: 'utf8',
                env: { ...plainEnvironment(), PRINT: print, NODE: process.execPath, ...env },
            }).stdout;
        const node = '"$NODE" --input-type=module -e "$PRINT"';
        const onTerminal = `script -qec '${node}' /dev/null`;
        const red = `${escape}[31m1`;
        expect(printed(node, {})).toBe('n\n1\n');
        if (spawnSync('script', ['--version']).status !== 0) return;
        expect(printed(onTerminal, {})).toContain(red);
        expect(printed(onTerminal, { NO_COLOR: '1' })).not.toContain(escape);
    });
});

/** The environment without what asks for colours or forbids them; Node writes none where it sees `CI`. */
function plainEnvironment(): NodeJS.ProcessEnv {
    const { NO_COLOR: _, FORCE_COLOR: __, NODE_DISABLE_COLORS: ___, CI: ____, ...rest } = process.env;
    return { ...rest, TERM: 'xterm-256color' };
}
