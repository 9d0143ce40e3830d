import { describe, expect, it, vi } from 'vitest';
import { inParts, type Progress } from '../../../src/support/progress.js';
import { terminalProgress } from '../../../src/support/terminalProgress.js';
import { durationWords, TimeLeft } from '../../../src/support/timeLeft.js';

const escape = '\u001b';

/** What is written to a stream of so many columns, or to none that is a terminal. */
function screen(columns?: number): { stream: NodeJS.WriteStream; text: () => string } {
    let text = '';
    const stream = {
        isTTY: columns !== undefined,
        columns,
        write: (part: string) => {
            text += part;
            return true;
        },
        on: () => stream,
        once: () => stream,
        emit: () => true,
    };
    return { stream: stream as unknown as NodeJS.WriteStream, text: () => text };
}

describe('the time left', () => {
    it('is by the pace of the last half: what was there at once does not count', () => {
        let now = 0;
        const left = new TimeLeft(1000, () => now);
        expect(left.words()).toBe('');
        left.advance(500); // found finished
        for (let second = 1; second <= 100; second++) {
            now = second * 1000;
            left.advance(1);
        }
        expect(left.seconds()).toBeGreaterThan(380);
        expect(left.seconds()).toBeLessThan(420);
    });

    it('is right to a tenth after a million steps', () => {
        let now = 0;
        const left = new TimeLeft(2_000_000, () => now);
        for (let step = 0; step < 1_000_000; step++) {
            now = step;
            left.advance(1);
        }
        expect(left.seconds()).toBeGreaterThan(900);
        expect(left.seconds()).toBeLessThan(1100);
    });

    it.each([
        [0.2, '1 s'],
        [99, '99 s'],
        [720, '12 min'],
        [12_000, '3 h 20 min'],
        [352_800, '4 d 2 h'],
    ])('%d s: %s', (seconds, words) => expect(durationWords(seconds)).toBe(words));
});

describe('progress without a terminal', () => {
    it('writes a line every tenth of all stages, and every half minute however little is done', () => {
        vi.useFakeTimers();
        try {
            const { stream, text } = screen();
            const progress = terminalProgress(stream);
            progress.whole!(1000);
            progress.stage('one', 500);
            vi.advanceTimersByTime(29_000);
            expect(text()).toBe('one\n');
            progress.advance(1);
            vi.advanceTimersByTime(62_000);
            const lines = text().trim().split('\n');
            expect(lines).toHaveLength(4);
            for (const line of lines.slice(1)) expect(line).toMatch(/^one: 0 % of all/);
            progress.advance(499);
            progress.stage('two', 500);
            expect(text()).toMatch(/one: 50 % of all, about \d+ s left\ntwo\n$/);
            progress.done();
            const end = text();
            vi.advanceTimersByTime(120_000);
            expect(text()).toBe(end);
        } finally {
            vi.useRealTimers();
        }
    });
});

describe('progress on a terminal', () => {
    it.each([40, 60, 80, 140])('of %d columns fits in a line, and nothing of it stays', (columns) => {
        const { stream, text } = screen(columns);
        const progress = terminalProgress(stream);
        progress.whole!(100);
        progress.stage('a stage with a name that is longer than anything', 100);
        progress.advance(40);
        progress.done();
        // What a terminal shows: the text behind the last clearing of the line.
        const parts = text().split(new RegExp(`${escape}\\[[0-9;?]*[A-Za-z]`));
        for (const part of parts) expect(part.trimEnd().length).toBeLessThanOrEqual(columns);
        expect(parts.some((part) => part.includes('a stage'))).toBe(true);
        expect(parts.at(-1)!.trim()).toBe('');
        expect(text()).not.toContain('\n');
    });
});

describe('a note on a terminal', () => {
    it('stays above the bar, which ends in the line that it began in', () => {
        const { stream, text } = screen(80);
        const progress = terminalProgress(stream);
        progress.stage('stage', 100);
        progress.advance(40);
        progress.note('a note');
        progress.advance(60);
        progress.done();
        // The cursor is kept (ESC 7) after every line break, before it goes back (ESC 8).
        const last = text().lastIndexOf('\n');
        expect(text().slice(0, last + 1)).toMatch(/a note\n$/);
        expect(text().indexOf('\u001b7', last)).toBeGreaterThan(last);
        expect(text().lastIndexOf('\u001b8')).toBeGreaterThan(text().lastIndexOf('\u001b7'));
    });
});

describe('parts of one estimate', () => {
    const watched = (): { progress: Progress; calls: [string, number?][] } => {
        const calls: [string, number?][] = [];
        return {
            calls,
            progress: {
                whole: (total) => void calls.push(['whole', total]),
                stage: (label) => void calls.push([label]),
                advance: (units) => void calls.push(['advance', units]),
                note: (line) => void calls.push([line]),
                done: () => void calls.push(['done']),
            },
        };
    };
    const told = (calls: readonly [string, number?][]): number =>
        calls.reduce((sum, [name, units = 0]) => sum + (name === 'advance' ? units : 0), 0);

    it('make up the whole, each by its weight, one that was passed over too', () => {
        const { progress, calls } = watched();
        const [first, , third] = inParts(progress, [10, 30, 60]);
        first!.stage('reading', 5); // no share of the work
        first!.advance(5);
        first!.done();
        calls.length = 0;
        first!.whole!(200);
        first!.stage('a', 100);
        first!.advance(100);
        expect(told(calls)).toBe(5);
        first!.stage('b', 100);
        first!.advance(100);
        first!.done();
        expect(told(calls)).toBe(10);
        third!.whole!(4);
        third!.stage('c', 4);
        expect(told(calls)).toBe(40);
        third!.advance(9);
        third!.done();
        expect(told(calls)).toBe(100);
        expect(calls.filter(([name]) => name === 'whole')).toEqual([['whole', 100]]);
    });

    it('may be divided again', () => {
        const { progress, calls } = watched();
        const [first, second] = inParts(progress, [1, 1]);
        for (const outer of [first!, second!]) {
            for (const inner of inParts(outer, [3, 7])) {
                inner.whole!(20);
                inner.stage('x', 20);
                for (let i = 0; i < 20; i++) inner.advance(1);
                inner.done();
            }
        }
        expect(told(calls)).toBeCloseTo(2);
    });
});
