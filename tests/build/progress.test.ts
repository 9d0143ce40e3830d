import { expect, test } from 'vitest';
import type { ProgressEvent } from '../../scripts/build/build.mjs';
import { parsePercent, showProgress, trackProgress } from '../../scripts/build/progress.mjs';

test.each([
    ['[ 42%] Building CXX object llama.cpp.o', 42],
    ['[100%] Built target llama', 100],
    ['[3/57] Building CXX object llama.cpp.o', 5],
    ['-- Configuring done', undefined],
    ['llama.cpp:3:1: error: expected', undefined],
])('%s', (line, percent) => {
    expect(parsePercent(line)).toBe(percent);
});

test('events rise, and estimate from a tenth on', () => {
    const events: ProgressEvent[] = [];
    let time = 0;
    const track = trackProgress(
        (event) => events.push(event),
        () => time,
    );
    for (const line of ['[  5%] a', '[  5%] b', '[ 25%] c', '[ 20%] d', '[100%] e']) {
        time += 5000;
        track(line);
    }
    expect(events.map(({ percent, secondsLeft }) => [percent, secondsLeft])).toEqual([
        [5, undefined],
        [25, 45],
        [100, 0],
    ]);
});

test('a terminal gets one line, a log a line for every tenth', () => {
    const shown = (isTTY: boolean) => {
        let text = '';
        const show = showProgress({ isTTY, write: (part: string) => (text += part) });
        for (const percent of [0, 5, 9, 10, 55, 100]) show({ percent, secondsLeft: 7, message: 'Building' });
        return text;
    };
    expect(shown(true).match(/\n/g)).toHaveLength(1);
    expect(shown(true)).toContain('\rBuilding: 55 %, about 7 s left'.replace('\r', '\r\x1b[K'));
    expect(
        shown(false)
            .trim()
            .split('\n')
            .map((line) => /\d+ %/.exec(line)?.[0]),
    ).toEqual(['0 %', '10 %', '55 %', '100 %']);
});
