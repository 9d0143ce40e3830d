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
