import { execFileSync } from 'node:child_process';
import { resolve } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { nativeProgram } from '../../helpers/nativeProgram.js';

describe('how many threads compute', () => {
    let chosen: Record<string, number>;
    beforeAll(() => {
        const program = nativeProgram('threadChoice', {
            sources: [resolve('native/addon/ThreadChoice.cpp')],
            include: [resolve('native/addon')],
        });
        chosen = JSON.parse(execFileSync(program, { encoding: 'utf8' })) as Record<string, number>;
    });

    it('all on an idle machine, and never fewer', () => expect(chosen.idle).toBe(8));
    it('all but its core beside one that spins', () => expect(chosen.besideOne).toBe(7));
    it('as many as are free beside many', () => expect(chosen.besideSix).toBe(2));
    it('all again when these have gone', () => expect(chosen.aloneAgain).toBe(8));
    it('fewer for batches of half a minute too, whose trials take a small part of the time', () => {
        expect(chosen.large).toBe(1);
        expect(chosen.shareWithMore).toBeLessThan(0.2);
    });
    it('one where there is one core', () => expect(chosen.one).toBe(1));
});
