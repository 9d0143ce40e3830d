import { describe, expect, it } from 'vitest';
import { environmentOf, withoutOptions } from '../../../src/commands/devices.js';
import { takeMessage } from '../../../src/commands/process/messageProgress.js';
import type { Progress } from '../../../src/support/progress.js';
import { sideBySide } from '../../../src/support/terminalProgress.js';

describe('a process sees one device', () => {
    it('of all', () => {
        expect(environmentOf(1, {})).toEqual({
            CUDA_VISIBLE_DEVICES: '1',
            GGML_VK_VISIBLE_DEVICES: '1',
            LANGUAGE_NEURONS_DEVICE: '1',
        });
    });

    it('of those that were given to its parent', () => {
        const given = { CUDA_VISIBLE_DEVICES: 'GPU-af, 3' };
        expect(environmentOf(0, given)).toMatchObject({ CUDA_VISIBLE_DEVICES: 'GPU-af' });
        expect(environmentOf(1, given)).toMatchObject({ CUDA_VISIBLE_DEVICES: '3', GGML_VK_VISIBLE_DEVICES: '1' });
        expect(() => environmentOf(2, given)).toThrow('there is no device 2; CUDA_VISIBLE_DEVICES lists 2');
    });
});

it('a command line is the same but for some options', () => {
    const options = { valued: ['--devices'], flags: ['--fresh'] };
    const left = (...args: string[]): string[] => withoutOptions(args, options);
    expect(left('collect', '--devices', '0,1', '--fresh', '--out', 'x')).toEqual(['collect', '--out', 'x']);
    expect(left('collect', '--devices=0', '--out=--fresh', 'y')).toEqual(['collect', '--out=--fresh', 'y']);
});

it("what a child tells of its progress is told beside others', each by its name", () => {
    const lines: string[] = [];
    const stream = { isTTY: false, write: (text: string) => lines.push(text) } as unknown as NodeJS.WriteStream;
    const { parts } = sideBySide(['device 0', 'device 1'], stream);
    const tell = (progress: Progress, ...messages: unknown[]): void =>
        messages.forEach((message) => takeMessage(message, progress));
    tell(parts[0]!, { progress: 'stage', args: ['count en', 100] }, { progress: 'advance', args: [30] });
    tell(
        parts[1]!,
        'told',
        { progress: 'note', args: ['a note'] },
        { progress: 'other' },
        { progress: 'done', args: [] },
    );
    const tenth: unknown = expect.stringMatching(/^device 0: count en: 30 %\n$/);
    expect(lines).toEqual(['device 0: count en\n', tenth, 'device 1: a note\n']);
});

it('on a terminal each has a bar, and all go together', () => {
    let screen = '';
    const terminal = { isTTY: true, columns: 200, write: (text: string) => (screen += text) };
    const shown = sideBySide(['device 0', 'device 1'], terminal as unknown as NodeJS.WriteStream);
    for (const [i, progress] of shown.parts.entries()) {
        progress.stage(`count ${['en', 'de'][i]!}`, 100);
        progress.advance(50);
        progress.stage('count fr', 10);
        progress.advance(10 * i);
        progress.note('a note');
    }
    expect(screen).toMatch(/device 0: count fr \S+ +0 %\n.*device 1: count fr \S+ +100 %/);
    for (const line of ['device 0: a note', 'device 1: a note']) expect(screen).toContain(line);
    shown.parts[0]!.done();
    expect(screen.endsWith('100 %\n\u001b[?2026l')).toBe(true);
    shown.done();
    expect(screen.slice(screen.lastIndexOf('%'))).toContain('\u001b[2K\u001b[G'); // cleared
});
