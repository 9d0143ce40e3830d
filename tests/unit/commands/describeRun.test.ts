import { expect, it } from 'vitest';
import { describeRun, foundWords, type NamedModel } from '../../../src/commands/words/describeRun.js';
import { widthOf } from '../../../src/support/textWidth.js';
import { buildAccuracy, buildInput } from '../report/fixture.js';

const { analysis, matrices } = buildInput();
const { languages } = analysis;
const model = (label: string): NamedModel => ({
    label,
    analysis,
    matrices: [
        ...matrices,
        buildAccuracy(
            languages,
            languages.map(() => 12),
            languages.map(() => 8),
        ),
    ],
});

it.each([
    ['one model', [model('base')]],
    ['two models', [model('base'), model('aligned')]],
])('a run of %s ends in few lines of at most 80 columns, with every language in each table', (_, models) => {
    const table = describeRun(models).split('\n');
    const lines = [...table, ...foundWords(models[0]!, 80)];
    for (const line of lines) expect(widthOf(line)).toBeLessThanOrEqual(80);
    for (const language of languages) expect(table.some((line) => line.startsWith(`${language} `))).toBe(true);
    expect(lines.length).toBeLessThanOrEqual(1 + 2 * (3 + languages.length) + 4);
});

it('shows the whole model alone where no set was measured', () => {
    const numerators = [...new Array<number>(9).fill(1), 0, 0, 0];
    const whole = Object.fromEntries(languages.map((one) => [one, { numerators, weights: numerators.map(() => 1) }]));
    const of = (label: string): NamedModel => {
        const { matrices: measured, ...one } = model(label);
        return { ...one, matrices: [measured[0]!, { ...measured.at(-1)!, sets: {}, whole }] };
    };
    const rows = (models: NamedModel[]): string[] =>
        describeRun(models)
            .split('\n')
            .filter((line) => languages.includes(line.split(' ')[0]!));
    expect(rows([of('base')])).toHaveLength(languages.length);
    for (const row of rows([of('base')])) expect(row).toMatch(/ 75\.0$/);
    for (const row of rows([of('base'), of('aligned')])) expect(row).toMatch(/→.* 75\.0 +75\.0$/);
});
