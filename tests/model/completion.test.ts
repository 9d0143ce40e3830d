import { execFileSync, spawnSync } from 'node:child_process';
import { chmodSync, writeFileSync } from 'node:fs';
import { delimiter, join, resolve } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { commands } from '../../src/commands/commands.js';
import { cli, startCli } from '../helpers/cli.js';
import { temporaryFolder } from '../helpers/temporaryFolder.js';

const has = (shell: string): boolean => spawnSync(shell, ['--version']).status === 0;
const bin = temporaryFolder();

/** The installed command: one name on the path. */
beforeAll(() => {
    const file = join(bin, 'language-neurons');
    writeFileSync(file, `#!/bin/sh\nexec "${process.execPath}" "${resolve('dist/cli.js')}" "$@"\n`);
    chmodSync(file, 0o755);
});

describe.skipIf(!has('bash'))('completion in bash', () => {
    /** What the script of the command itself offers behind some words. */
    function offered(...words: string[]): { offers: string[]; stderr: string } {
        const env = { ...process.env, PATH: `${bin}${delimiter}${process.env.PATH}`, SHELL: '/bin/bash' };
        const code = `
            source <(language-neurons completion)
            COMP_WORDS=(language-neurons ${words.map((word) => `'${word}'`).join(' ')})
            COMP_CWORD=${words.length}
            _language-neurons_yargs_completions
            printf '%s\\n' "\${COMPREPLY[@]}"`;
        const { stdout, stderr } = spawnSync('bash', ['-c', code], { env, encoding: 'utf8' });
        return { offers: stdout.trim().split('\n'), stderr };
    }

    it('offers commands, options and values, and says nothing of a line that is not finished', () => {
        expect(offered('col')).toEqual({ offers: ['collect'], stderr: '' });
        expect(offered('i').offers.sort()).toEqual(['identify', 'import', 'inspect', 'intervene']);
        expect(offered('identify', 'x', '--top')).toEqual({ offers: ['--top-rate'], stderr: '' });
        expect(offered('identify', 'x', '--method', '')).toEqual({ offers: ['paper', 'lape'], stderr: '' });
        expect(offered('identify', 'x', '--top-rate', 'abc', '--ba')).toEqual({ offers: ['--bar'], stderr: '' });
    });
});

describe.skipIf(!has('zsh'))('completion in zsh', () => {
    it('is a script that zsh reads', async () => {
        const { code, stdout } = await startCli(['completion'], { SHELL: '/bin/zsh' }).ended;
        expect(code).toBe(0);
        expect(stdout).toMatch(/^#compdef language-neurons\n/);
        execFileSync('zsh', ['-n'], { input: stdout });
    });
});

describe('help', () => {
    it.each([['-h'], ['--help'], ['identify', '-h'], ['rpc-server', '--help']])(
        '%s is on stdout',
        async (...args: string[]) => {
            const { code, stdout, stderr } = await cli(...args);
            expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
            expect(stdout).toContain('-h, --help');
            if (args.length === 1)
                for (const { declaration } of commands) expect(stdout).toContain(declaration.usage.split(' ')[0]);
        },
    );

    it('is suggested like any other command', async () => {
        const { code, stderr } = await cli('completin');
        expect(code).toBe(2);
        expect(stderr).toContain('did you mean completion?');
    });
});
