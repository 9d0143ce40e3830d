import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import ts from 'typescript';
import {
    embeddedAdapter,
    embeddedCollectTexts,
    embeddedEvaluateTexts,
    embeddedModel,
    embeddedProblems,
    embeddedSolvedProblems,
} from '../../src/run/embeddedRun.js';
import { paperDataHere, paperFolder } from '../helpers/paperData.js';

/** What ran. */
export interface Ran {
    readonly code: number | null;
    readonly stdout: string;
    readonly stderr: string;
}

/** `npx` finds the built command line, as it does in a folder where the package is installed. */
const prelude = `
set -euo pipefail
npx() { [ "$1" = language-neurons ] || { echo "npx $1?" >&2; return 127; }; shift; "$NODE" "$CLI" "$@"; }
`;

/** Python with the libraries that the pages use, or undefined: `docs/contributing/check.md` names them. */
export const python = ['.cache/docs-python/bin/python', 'python3'].find(
    (program) => spawnSync(program, ['-c', 'import pandas, safetensors, pyarrow, polars, duckdb']).status === 0,
);

/** A folder in which the pages' commands and snippets run: the embedded model and its texts by the pages' names. */
export class Workspace {
    readonly folder: string;

    constructor(name: string) {
        this.folder = resolve('build', 'docs', name);
        rmSync(this.folder, { recursive: true, force: true });
        mkdirSync(this.folder, { recursive: true });
        const links = {
            'model.gguf': embeddedModel,
            'lora.gguf': embeddedAdapter,
            texts: embeddedCollectTexts,
            'held-out': embeddedEvaluateTexts,
            questions: embeddedProblems,
            'solved.jsonl': embeddedSolvedProblems,
            ...(paperDataHere ? { published: paperFolder } : {}),
        };
        for (const [link, target] of Object.entries(links)) symlinkSync(target, join(this.folder, link));
    }

    write(name: string, text: string): void {
        writeFileSync(join(this.folder, name), text);
    }

    shell(script: string): Ran {
        return this.#ran('bash', ['-c', prelude + script]);
    }

    /** Inside the package, so that its name resolves to itself; Node 20 has no `using` yet. */
    typescript(source: string): Ran {
        const { outputText } = ts.transpileModule(source, {
            compilerOptions: { target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.ESNext },
        });
        this.write('snippet.mjs', outputText);
        return this.#ran(process.execPath, ['snippet.mjs']);
    }

    python(source: string): Ran {
        return this.#ran(resolveProgram(python!), ['-c', source]);
    }

    #ran(program: string, args: readonly string[]): Ran {
        const { status, stdout, stderr } = spawnSync(program, args, {
            cwd: this.folder,
            encoding: 'utf8',
            env: {
                ...process.env,
                NODE: process.execPath,
                CLI: resolve('dist/cli.js'),
                CUDA_VISIBLE_DEVICES: '', // what pages show was computed on a processor
            },
        });
        const here = (text: string): string => text.replaceAll(`${this.folder}/`, '');
        return { code: status, stdout: here(stdout), stderr: here(stderr) };
    }
}

function resolveProgram(program: string): string {
    return existsSync(program) ? resolve(program) : program;
}
