import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import ts from 'typescript';
import { cli } from '../helpers/cli.js';
import { embeddedModel } from '../helpers/models.js';

const readme = readFileSync('README.md', 'utf8');

describe('README', () => {
    it('its example in TypeScript runs, and an edit changes what it prints', () => {
        const example = /```ts\n([\s\S]+?)```/.exec(readme)![1]!;
        // Inside the package, so that its name resolves to itself; Node 20 has no `using` yet.
        const folder = resolve('build/readme');
        mkdirSync(folder, { recursive: true });
        const script = ts.transpileModule(example, {
            compilerOptions: { target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.ESNext },
        }).outputText;
        writeFileSync(join(folder, 'example.mjs'), script);
        const [before, after] = execFileSync(process.execPath, ['example.mjs'], { cwd: folder, encoding: 'utf8' })
            .trim()
            .split(' ')
            .map(Number);
        expect(before).toBeGreaterThan(1);
        expect(after).not.toBe(before);
        rmSync(folder, { recursive: true });
    });

    it('its commands run, and answer the documented JSON', async () => {
        const out = resolve('build/readme-run');
        rmSync(out, { recursive: true, force: true });
        const model = ['--model', embeddedModel, '--gpu', 'off'];
        const json = async (...args: string[]): Promise<Record<string, unknown>> => {
            const { code, stdout, stderr } = await cli(...args, '--json');
            expect(code, stderr).toBe(0);
            return JSON.parse(stdout) as Record<string, unknown>;
        };
        expect(await json('inspect', embeddedModel, '--gpu', 'off')).toMatchObject({
            model: { architecture: 'llama' },
            backend: { variant: 'cpu' },
        });
        expect(
            Object.keys(
                await json('collect', ...model, '--data', 'udhr:25-26', '--languages', 'en,zh,de', '--out', out),
            ),
        ).toEqual(expect.arrayContaining(['tokens', 'decodedTokens', 'seconds', 'tokensPerSecond']));
        const analysis = await json('identify', out, '--top-rate', '0.05');
        for (const key of [
            'method',
            'languages',
            'topRate',
            'bar',
            'lambda',
            'threshold',
            'selected',
            'histogram',
            'histogramAll',
            'general',
            'perLanguage',
            'layers',
            'stages',
            'milliseconds',
        ]) {
            expect(analysis, key).toHaveProperty(key);
        }
        const matrix = await json(
            'deactivate',
            out,
            ...model,
            '--data',
            'udhr:30-30',
            '--metric',
            'ppl',
            '--sets',
            'specific+related',
        );
        const set = (matrix.sets as Record<string, Record<string, unknown[]>>)['specific+related']!;
        for (const key of ['rows', 'columns', 'baseline', 'values', 'change', 'control', 'samples'])
            expect(set[key], key).toHaveLength(3);
        expect(await json('report', out)).toMatchObject({ html: join(out, 'report.html') });
        expect(readFileSync(join(out, 'report.html'), 'utf8')).toContain('<svg');
        rmSync(out, { recursive: true });
    });
});
