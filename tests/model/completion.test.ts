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

    /** What stands on the line of a zsh on a terminal of its own after a Tab. */
    function completed(line: string, until: string): string {
        const code = `
            zmodload zsh/zpty
            zpty shell zsh -f -i
            await() {
                local part seen
                repeat 600; do
                    if zpty -r -t shell part; then seen+=$part; else sleep 0.05; fi
                    [[ $seen == *"$1"* ]] && break
                done
                print -r -- "$seen"
            }
            zpty -w shell 'autoload -U compinit; compinit -u -D; source <(language-neurons completion); print rea""dy'
            await ready > /dev/null
            zpty -w -n shell "$LINE"$'\\t'
            await "$UNTIL"
            zpty -d shell`;
        const env = {
            ...{ ...process.env, PATH: `${bin}${delimiter}${process.env.PATH}`, SHELL: '/bin/zsh', TERM: 'xterm' },
            ...{ LINE: line, UNTIL: until },
        };
        return spawnSync('zsh', ['-f', '-c', code], { env, encoding: 'utf8' }).stdout;
    }

    it.each([
        ['language-neurons ident', 'language-neurons identify'],
        ['language-neurons identify x --top', '--top-rate'],
        ['language-neurons identify x --method la', '--method lape'],
    ])('%s<Tab> gives %s', (line, whole) => expect(completed(line, whole)).toContain(whole), 60_000);
});

describe.skipIf(!has('fish'))('completion in fish', () => {
    it('offers commands, options and values, and files where it has none of these', () => {
        const env = { ...process.env, PATH: `${bin}${delimiter}${process.env.PATH}`, SHELL: '/usr/bin/fish' };
        const script = spawnSync('language-neurons', ['completion'], { env, encoding: 'utf8' }).stdout;
        const cwd = temporaryFolder();
        writeFileSync(join(cwd, 'mine.yaml'), '');
        const offered = (line: string): string[] => {
            const run = ['-c', 'string collect -- $argv[1] | source; complete -C $argv[2]', script, line];
            return spawnSync('fish', ['--no-config', ...run], { env, cwd, encoding: 'utf8' })
                .stdout.trim()
                .split('\n');
        };
        expect(offered('language-neurons col')).toEqual([expect.stringMatching(/^collect\tcount /)]);
        expect(offered('language-neurons identify x --top')).toEqual([expect.stringMatching(/^--top-rate/)]);
        expect(offered('language-neurons identify x --method ').sort()).toEqual(['lape', 'paper']);
        expect(offered('language-neurons identify x --method la')).toEqual(['lape']);
        expect(offered('language-neurons run mi')).toEqual(['mine.yaml']);
        expect(offered('language-neurons collect x --model mi')).toEqual(['mine.yaml']);
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
