import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { columnsOf } from '../../../src/commands/words/columns.js';
import { wrapText } from '../../../src/support/wrapText.js';
import { widthOf } from '../../../src/support/textWidth.js';

const texts = {
    Chinese: '我们从十二个苹果里拿走六个，还剩下六个苹果。老师和学生在城市里看见了一只狗，它正在等它的主人回家。',
    Japanese: 'りんごが１２個あります。そのうち６個をあげました。残りは何個ですか？答えは６個です。ﾃｽﾄです。',
    Thai: 'แอนนามีแอปเปิ้ลสิบสองลูกเธอให้ไปหกลูกเหลือแอปเปิ้ลกี่ลูกคำตอบคือหกลูกที่เหลืออยู่ในตะกร้าน้ำตาล',
    German: 'Die Donaudampfschifffahrtsgesellschaftskapitänsmütze liegt neben zwölf Äpfeln, sechs davon sind rot.',
    Korean: '안나는 사과 열두 개를 가지고 있습니다. 여섯 개를 주었습니다.',
    emoji: 'ok 👨‍👩‍👧‍👦👩🏽‍🚀🇩🇪 fine ❤️ and more 👍🏿👍🏿👍🏿👍🏿👍🏿👍🏿👍🏿👍🏿👍🏿👍🏿👍🏿👍🏿👍🏿',
    combining: 'e\u0301'.repeat(27),
    Devanagari: 'अन्ना के पास बारह सेब हैं। वह छह दे देती है। कितने सेब बचे हैं?',
};
const bare = (text: string): string => text.replaceAll(/\s/gu, '');

/** What stands in a column of a table. */
function column(table: string, place: number): string {
    const rows = table.split('\n').slice(3, -1);
    return rows.map((row) => row.split('│')[place + 1]!.trim()).join('');
}

describe('columns', () => {
    it.each(Object.entries(texts))('show all of a text in %s, in lines as wide as each other', (_, text) => {
        for (const width of [60, 80, 100, 140]) {
            const table = columnsOf(['whole', 'without zh'], [text, `${text}\n\n${text}`], width);
            expect(table).not.toContain('…');
            const widths = new Set(table.split('\n').map((line) => widthOf(line)));
            expect([...widths], table).toEqual([expect.any(Number)]);
            expect(Math.max(...widths)).toBeLessThanOrEqual(width);
            expect(bare(column(table, 0))).toBe(bare(text));
            expect(bare(column(table, 1))).toBe(bare(text + text));
        }
    });

    it('break between words where there are any', () => {
        expect(wrapText('The farmer, and the house.', 11)).toEqual(['The farmer,', 'and the', 'house.']);
        expect(wrapText('  indented text', 40)).toEqual(['  indented text']);
        expect(wrapText('a\n\nb', 10)).toEqual(['a', '', 'b']);
        expect(wrapText('', 10)).toEqual(['']);
        expect(wrapText('are needed for 80 %.', 17)).toEqual(['are needed for', '80 %.']);
        expect(wrapText('80 %', 3)).toEqual(['80', '%']);
        expect(wrapText('for each of --sample, or --top-rate', 14)).toEqual([
            'for each of',
            '--sample, or',
            '--top-rate',
        ]);
        expect(wrapText('within (some) of runs/mine/a.json', 10)).toEqual([
            'within',
            '(some) of',
            'runs/mine/',
            'a.json',
        ]);
        const thai = wrapText(texts.Thai, 20);
        const words = new Set(
            [...new Intl.Segmenter('th', { granularity: 'word' }).segment(texts.Thai)].map(({ index }) => index),
        );
        let at = 0;
        for (const line of thai) {
            expect(words.has(at), line).toBe(true);
            at += line.length;
        }
    });

    it.each([
        ['é', 1],
        ['e\u0301', 1],
        ['日本', 4],
        ['ｱ', 1],
        ['คำ', 2],
        ['ก็', 1],
        ['का', 2],
        ['हिं', 2],
        ['한', 2],
        ['\u1112\u1161\u11ab', 2],
        ['👩🏽‍🚀', 2],
        ['🇩🇪', 2],
        ['❤️', 2],
        ['a\u200bb', 2],
    ])('give %s the columns that a terminal gives it: %i', (text, width) => {
        expect(widthOf(text)).toBe(width);
    });

    it('let nothing through that moves the cursor', () => {
        expect(wrapText('a\u001b[2Jb\tc\rd\u0007', 40)).toEqual(['a[2Jb    c', 'd']);
    });

    it('lose no character of any text', () => {
        fc.assert(
            fc.property(
                fc.string({ unit: 'grapheme', maxLength: 80 }),
                fc.integer({ min: 4, max: 60 }),
                (text, width) => {
                    const plain = text.replaceAll(/\p{Cc}/gu, '');
                    const lines = wrapText(plain, width);
                    expect(bare(lines.join(''))).toBe(bare(plain));
                    for (const line of lines) expect(widthOf(line)).toBeLessThanOrEqual(width);
                },
            ),
        );
    });
});
