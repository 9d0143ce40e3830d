import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startWork } from '../../../src/commands/process/supervise.js';

// A child whose native code aborts in earnest, which llama.cpp's does where no one can catch it: while it computes.
import { temporaryFolder } from '../../helpers/temporaryFolder.js';

const folder = temporaryFolder();
const before = process.argv[1]!;

beforeAll(() => {
    const script = join(folder, 'work.mjs');
    writeFileSync(
        script,
        `import { writeSync } from 'node:fs';
        writeSync(Number(process.env.LANGUAGE_NEURONS_ABORT_FD), process.argv[2]);
        process.abort();`,
    );
    process.argv[1] = script; // what a command starts again
});
afterAll(() => {
    process.argv[1] = before;
});

describe.skipIf(process.platform === 'win32')('the end of a child that aborts is told in one line', () => {
    it.each([
        {
            words: 'ops.cpp:1: GGML_ASSERT(n > 0) failed',
            says: 'llama.cpp aborted: ops.cpp:1: GGML_ASSERT(n > 0) failed;',
        },
        {
            words: 'ggml-rpc.cpp:9: the server is gone',
            says: 'the server is gone; check that the servers of --rpc are running;',
        },
        { words: '', says: 'the native library crashed (SIGABRT);' },
    ])('"$words"', async ({ words, says }) => {
        const end = await startWork([words], { stdio: ['ignore', 'ignore', 'inherit'] }).end;
        expect(end.code).toBe(1);
        expect(end.words?.startsWith(says), end.words).toBe(true);
        expect(end.words).toContain('finished parts are kept');
    });
});
