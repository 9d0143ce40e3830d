import { describe, expect, it, vi } from 'vitest';
import { inParts, inSteps, type Progress, sideBySide, withinStep } from '../../../src/support/progress.js';
import { terminalProgress } from '../../../src/support/terminalProgress.js';
import { widthOf } from '../../../src/support/textWidth.js';
import { durationWords, TimeLeft } from '../../../src/support/timeLeft.js';
import { TokenRate } from '../../../src/support/tokenRate.js';

const escape = '\u001b';

/** What is written to a stream of so many columns, or to none that is a terminal, and the lines it leaves there. */
function screen(columns?: number): { stream: NodeJS.WriteStream; text: () => string; shown: () => string[] } {
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
    return { stream: stream as unknown as NodeJS.WriteStream, text: () => text, shown: () => linesOf(text) };
}

/** The lines of a terminal after a text with the codes that move the cursor up and clear lines. */
function linesOf(text: string): string[] {
    const lines = [''];
    let [row, column] = [0, 0];
    for (const [part] of text.matchAll(new RegExp(`${escape}\\[[0-9;?]*[A-Za-z]|\\n|[^\\n${escape}]+`, 'g'))) {
        const [, count = '', code] = /\[([0-9;?]*)([A-Za-z])$/.exec(part.startsWith(escape) ? part : '') ?? [];
        if (part === '\n') [row, column] = [row + 1, 0];
        else if (code === 'A') row = Math.max(0, row - Number(count || 1));
        else if (code === 'G') column = Number(count || 1) - 1;
        else if (code === 'K') lines[row] = count === '2' ? '' : (lines[row] ?? '').slice(0, column);
        else if (code === 'J') lines.splice(row, lines.length, (lines[row] ?? '').slice(0, column));
        else if (code === undefined) {
            lines[row] = (lines[row] ?? '').slice(0, column).padEnd(column) + part;
            column += part.length;
        } else if (!['h', 'l'].includes(code)) throw new Error(`unknown code ${JSON.stringify(part)}`);
        while (lines.length <= row) lines.push('');
    }
    return lines.filter((line) => line !== '');
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

describe('the rate of tokens', () => {
    it('is that of the last seconds', () => {
        let now = 0;
        const rate = new TokenRate(() => now);
        expect(rate.perSecond()).toBeUndefined();
        for (let second = 1; second <= 100; second++) {
            now = second * 1000;
            rate.add(second <= 50 ? 10 : 1000);
        }
        expect(rate.perSecond()).toBeCloseTo(1000, -1);
    });
});

describe('progress without a terminal', () => {
    it('writes a line every tenth of all stages, and every minute however little is done', () => {
        vi.useFakeTimers();
        try {
            const { stream, text } = screen();
            const progress = terminalProgress(stream);
            progress.whole!(1000);
            progress.stage('one', 500);
            vi.advanceTimersByTime(59_000);
            expect(text()).toBe('one\n');
            progress.advance(1);
            vi.advanceTimersByTime(122_000);
            const lines = text().trim().split('\n');
            expect(lines).toHaveLength(4);
            for (const line of lines.slice(1)) expect(line).toMatch(/^one: 0 % of all/);
            progress.advance(499, 181_000);
            progress.stage('two', 500);
            expect(text()).toMatch(/one: 50 % of all, 1,000 tokens\/s, \d+ min left\n$/);
            progress.advance(500);
            expect(text()).not.toContain(' 0 s left');
            progress.done();
            const end = text();
            vi.advanceTimersByTime(120_000);
            expect(text()).toBe(end);
        } finally {
            vi.useRealTimers();
        }
    });

    it('writes few lines of long work: each step, and when a fifth of the time has gone by', () => {
        vi.useFakeTimers();
        try {
            const { stream, text } = screen();
            const progress = terminalProgress(stream);
            const nextStep = inSteps(progress, ['count', 'perplexity', 'report']);
            const parts = inParts(progress, [30, 70]);
            for (const part of parts) {
                nextStep();
                part.whole!(10_000);
                for (let i = 0; i < 100; i++) {
                    part.stage(`stage ${i}`, 100);
                    vi.advanceTimersByTime(600_000); // 33 hours in all
                    part.advance(100, 1000);
                }
                part.done();
            }
            nextStep();
            progress.done();
            const lines = text().trim().split('\n');
            expect(lines.filter((line) => /^step \d of 3: \w+$/.test(line))).toEqual([
                'step 1 of 3: count',
                'step 2 of 3: perplexity',
                'step 3 of 3: report',
            ]);
            expect(lines.some((line) => /^step 1 of 3: stage \d+: [23]\d % of all/.test(line))).toBe(true);
            expect(lines.length).toBeLessThan(60);
        } finally {
            vi.useRealTimers();
        }
    });

    it('is not at its end while one of two works side by side has something to do, and says what', () => {
        vi.useFakeTimers();
        try {
            const { stream, text } = screen();
            const progress = terminalProgress(stream);
            progress.step!('accuracy', 1, 1);
            const [base, aligned] = sideBySide(progress, ['', 'aligned: ']);
            base!.stage('read the model', 10);
            for (const work of [base!, aligned!]) work.whole!(400);
            base!.stage('accuracy', 400);
            aligned!.stage('accuracy', 400);
            for (let i = 1; i <= 400; i++) {
                base!.position!(`answer ${i} of 400`);
                base!.advance(1, 10);
            }
            for (let i = 1; i <= 200; i++) {
                aligned!.position!(`answer ${i} of 400`);
                vi.advanceTimersByTime(2000);
                aligned!.advance(1, 10);
            }
            const last = text().trim().split('\n').at(-1)!;
            expect(last).toMatch(
                /^step 1 of 1: accuracy, aligned: answer \d+ of 400: 7\d % of all, 5 tokens\/s, \d+ min left$/,
            );
            for (const work of [base!, aligned!]) work.done();
        } finally {
            vi.useRealTimers();
        }
    });

    it('writes few lines of many short steps, and some ten of a few long ones, in whatever stages they are', () => {
        vi.useFakeTimers();
        try {
            const linesOf = (seconds: number, stages: number): string[] => {
                const { stream, text } = screen();
                const progress = terminalProgress(stream);
                const nextStep = inSteps(progress, ['chance', 'settings', 'tokens', 'controls']);
                for (let step = 0; step < 4; step++) {
                    nextStep();
                    for (let stage = 0; stage < stages; stage++) {
                        progress.stage(`stage ${stage}`, 20);
                        for (let i = 0; i < 20; i++) {
                            vi.advanceTimersByTime((1000 * seconds) / stages / 20);
                            progress.advance(1);
                        }
                    }
                    progress.done();
                }
                const lines = text().trim().split('\n');
                const steps = lines.filter((line) => /^step \d of 4: \w+$/.test(line));
                expect(steps).toHaveLength(4);
                return lines.filter((line) => !steps.includes(line));
            };
            expect(linesOf(4, 1)).toEqual([]);
            for (const stages of [1, 3]) {
                const { length } = linesOf(600, stages);
                expect(length).toBeGreaterThanOrEqual(8);
                expect(length).toBeLessThanOrEqual(18); // 36 a stage, were each tenth said
            }
        } finally {
            vi.useRealTimers();
        }
    });

    it('keeps a step in which one work ends and another begins', () => {
        vi.useFakeTimers();
        try {
            const { stream, text } = screen();
            const progress = terminalProgress(stream);
            progress.step!('ladder', 2, 3);
            const within = withinStep(progress);
            const workOf = (name: string): void => {
                within.stage(name, 2);
                vi.advanceTimersByTime(30_000);
                within.advance(1);
            };
            within.whole!(2);
            workOf('donors');
            within.done();
            workOf('perplexity');
            progress.done();
            progress.stage('report', 2);
            const words = text()
                .trim()
                .split('\n')
                .map((line) => line.replace(/ %.*/, ''));
            expect(words).toEqual([
                'step 2 of 3: ladder',
                'step 2 of 3: donors: 50',
                'step 2 of 3: perplexity: 50',
                'report',
            ]);
        } finally {
            vi.useRealTimers();
        }
    });

    it('writes ten lines of the first stage without steps, which may be the only one, and not of the next ones', () => {
        vi.useFakeTimers();
        try {
            const { stream, text } = screen();
            const progress = terminalProgress(stream);
            for (const language of ['en', 'de', 'fr']) {
                progress.stage(`fetch ${language}`, 20);
                for (let i = 0; i < 20; i++) {
                    vi.advanceTimersByTime(100);
                    progress.advance(1);
                }
            }
            progress.done();
            const words = text().trim().split('\n');
            expect(words.filter((line) => !line.includes('%'))).toEqual(['fetch en', 'fetch de', 'fetch fr']);
            const tenths = words.filter((line) => line.includes('%'));
            expect(tenths.map((line) => line.replace(/: .*/, ''))).toEqual(tenths.map(() => 'fetch en'));
            expect(tenths.length).toBeLessThanOrEqual(10);
        } finally {
            vi.useRealTimers();
        }
    });

    it('says where in a stage the work is, through its parts too, until the next stage', () => {
        vi.useFakeTimers();
        try {
            const { stream, text } = screen();
            const progress = terminalProgress(stream);
            progress.step!('perplexity', 4, 7);
            const [first] = inParts(progress, [1]);
            first!.whole!(10);
            first!.stage('perplexity', 10);
            for (const cell of [1, 2, 3]) {
                first!.position!(`cell ${cell} of 10`);
                vi.advanceTimersByTime(8000);
                first!.advance(1);
            }
            first!.stage('other', 7);
            vi.advanceTimersByTime(8000);
            first!.advance(1);
            progress.done();
            const words = text()
                .trim()
                .split('\n')
                .map((line) => line.replace(/ % of all.*/, ''));
            expect(words).toEqual([
                'step 4 of 7: perplexity',
                'step 4 of 7: perplexity, cell 1 of 10: 10',
                'step 4 of 7: perplexity, cell 2 of 10: 20',
                'step 4 of 7: perplexity, cell 3 of 10: 30',
                'step 4 of 7: other: 40',
            ]);
        } finally {
            vi.useRealTimers();
        }
    });
});

describe('progress on a terminal', () => {
    it.each([20, 40, 60, 80, 140])('of %d columns fits in a line, and nothing of it stays', (columns) => {
        vi.useFakeTimers();
        try {
            const terminal = screen(columns);
            const progress = terminalProgress(terminal.stream);
            progress.step!('count', 1, 7);
            progress.whole!(100);
            progress.stage('a stage of 漢字 with a name that is longer than anything', 100);
            vi.advanceTimersByTime(30_000);
            progress.advance(40, 12_345);
            vi.advanceTimersByTime(200);
            const shown = terminal.shown();
            expect(shown).toHaveLength(1);
            expect(widthOf(shown[0]!)).toBeLessThanOrEqual(columns);
            expect(shown[0]).toContain('40 %');
            if (columns === 140)
                expect(shown[0]).toMatch(/^step 1 of 7: a stage .* █+░+ {2}40 %, 409 tokens\/s, 46 s left$/);
            progress.note('a note');
            progress.done();
            expect(terminal.shown()).toEqual(['a note']);
        } finally {
            vi.useRealTimers();
        }
    });

    it('breaks a long note between words, also of a language without blanks', () => {
        const terminal = screen(30);
        const progress = terminalProgress(terminal.stream);
        progress.note('warning: evaluated on texts that were counted; 請使用其他文字來評估這個模型的困惑度');
        progress.done();
        const lines = terminal.shown();
        for (const line of lines) expect(widthOf(line)).toBeLessThanOrEqual(30);
        expect(lines.slice(0, 2)).toEqual(['warning: evaluated on texts', 'that were counted; 請使用其他']);
    });

    it('of 80 columns says the whole position, for which the bar goes', () => {
        vi.useFakeTimers();
        try {
            const terminal = screen(80);
            const progress = terminalProgress(terminal.stream);
            progress.step!('perplexity', 4, 7);
            progress.whole!(100);
            progress.stage('perplexity', 100);
            progress.position!('cell 1,104 of 2,100');
            vi.advanceTimersByTime(30_000);
            progress.advance(40, 12_345);
            vi.advanceTimersByTime(200);
            expect(terminal.shown()).toEqual([
                'step 4 of 7: perplexity, cell 1,104 of 2,100  40 %, 409 tokens/s, 46 s left',
            ]);
            progress.done();
            expect(terminal.shown()).toEqual([]);
        } finally {
            vi.useRealTimers();
        }
    });

    it('shows no time left before it can be told, and none when all is done', () => {
        const terminal = screen(80);
        const progress = terminalProgress(terminal.stream);
        progress.stage('stage', 100);
        progress.advance(99);
        progress.note('drawn again');
        expect(terminal.shown().at(-1)).toMatch(/^stage █+░? +99 %$/);
        progress.done();
        expect(terminal.text()).not.toContain('left');
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
