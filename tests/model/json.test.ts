import { readFileSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readSafetensors } from '../../src/activations/safetensors.js';
import { commandHere } from '../helpers/commandHere.js';
import { embeddedModel } from '../helpers/models.js';

describe('--json', () => {
    it('answers what docs/formats.md lists, command by command', async () => {
        const out = resolve('build/json-run');
        rmSync(out, { recursive: true, force: true });
        const model = ['--model', embeddedModel, '--gpu', 'off'];
        const json = async (...args: string[]): Promise<Record<string, unknown>> => {
            const { code, stdout, stderr } = await commandHere(...args, '--json');
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
            'udhr:28-30',
            '--metric',
            'ppl',
            '--sets',
            'specific+related',
        );
        const set = (matrix.sets as Record<string, Record<string, unknown[]>>)['specific+related']!;
        for (const key of ['rows', 'columns', 'baseline', 'values', 'change', 'control', 'samples'])
            expect(set[key], key).toHaveLength(3);
        const bytes = readFileSync(join(out, 'ppl.matrix.json'), 'utf8');
        const plan = await json('deactivate', out, ...model, '--data', 'udhr:20-29', '--controls', '2', '--plan');
        expect(plan).toMatchObject({ from: 'ppl.matrix.json', cells: 3 * Number(plan.states) });
        for (const language of plan.languages as Record<string, unknown>[])
            expect(language).toMatchObject({ units: expect.any(Number), measured: true });
        expect(readFileSync(join(out, 'ppl.matrix.json'), 'utf8')).toBe(bytes);
        expect(await json('report', out)).toMatchObject({ html: join(out, 'report.html') });
        expect(readFileSync(join(out, 'report.html'), 'utf8')).toContain('<svg');
        expect(Object.keys(await json('compare', out, out))).toContain('changes');

        const documented = readFileSync('docs/formats.md', 'utf8').split('\n');
        const { metadata } = await readSafetensors(join(out, 'activations.safetensors'));
        const files: Record<string, { format?: string; version?: string | number }> = {
            'activations.safetensors': metadata,
        };
        for (const name of ['neurons.json', 'ppl.matrix.json', 'comparison.json'])
            files[name] = JSON.parse(readFileSync(join(out, name), 'utf8')) as { format: string; version: number };
        for (const [name, { format, version }] of Object.entries(files)) {
            const row = documented.find(
                (line) => line.startsWith('| `') && line.split(' | ')[0]!.includes(`\`${name}\``),
            );
            const [, formatCell, versionCell] = row!.split(' | ');
            expect(formatCell, name).toBe(`\`${format!}\``);
            expect(versionCell!.replace(' |', ''), name).toBe(String(version));
        }
        rmSync(out, { recursive: true });
    });
});
