import { describe, expect, it } from 'vitest';
import { alignedTable } from '../../../src/commands/alignedTable.js';
import { widthOf } from '../../../src/commands/wrapText.js';

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
});
