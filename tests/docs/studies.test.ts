import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, it } from 'vitest';
import { readRunConfig } from '../../src/run/RunConfig.js';
import { readPage, studyFiles } from './pages.js';

it.each(studyFiles('.yaml'))(
    '%s: is a configuration of run; its page names it, its report is beside it',
    async (path) => {
        const { out, title } = await readRunConfig(path);
        expect(title).not.toBe('');
        expect(out).toContain(join('runs', dirname(path)));
        expect(readPage(join(dirname(path), 'README.md')).text).toContain(path);
        expect(existsSync(path.replace(/yaml$/, 'html'))).toBe(true);
    },
);
