import { execFileSync } from 'node:child_process';
import { resolve } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { nativeProgram } from '../../helpers/nativeProgram.js';

describe.skipIf(process.platform === 'win32')('a match of std::regex, which recurses for every character', () => {
    let program: string;
    beforeAll(() => {
        const folders = [
            'native/adapter',
            'native/products',
            'build/llama.cpp/include',
            'build/llama.cpp/ggml/include',
        ];
        program = nativeProgram('stack', {
            sources: [resolve('native/adapter/neuron-stack.cpp')],
            include: folders.map((folder) => resolve(folder)),
            link: ['-pthread'],
        });
    });

    /** What the program prints where it may have so many KiB of memory. */
    const matched = (characters: number, kib = 4_000_000): string =>
        execFileSync('sh', ['-c', `ulimit -v ${kib} && exec "$0" ${characters}`, program], { encoding: 'utf8' }).trim();

    it.each([0, 1, 256, 257, 27_000, 300_000])('of %d characters', (characters) => {
        expect(matched(characters)).toBe(String(characters));
    });

    // Where the whole stack is not to be had, what is there is used up to its end.
    it.skipIf(process.platform !== 'linux')('beyond the stack that there is, is refused', () => {
        expect(matched(3_000_000, 200_000)).toBe('WRONG_USE');
    });

    it.skipIf(process.platform !== 'linux')('with next to no memory, is refused too', () => {
        expect(matched(300_000, 9_000)).toMatch(/^(WRONG_USE|OUT_OF_MEMORY)$/);
    });
});
