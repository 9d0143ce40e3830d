import { describe, expect, it } from 'vitest';
import { checkApplies, checkSettings, isTaken, parseSetting } from '../../../src/settings/checkSetting.js';
import * as settings from '../../../src/settings/settings.js';
import type { Setting, SettingTable } from '../../../src/settings/Setting.js';

const { divisionTable, engineTable, experimentTable, identifyTable, questionTable, textTable } = settings;
const tables = Object.entries(settings).filter(([name]) => name.endsWith('Table')) as [string, SettingTable][];
const rows = tables.flatMap(([table, all]) =>
    Object.entries(all).map(([name, setting]) => ({ title: `${table}.${name}`, setting })),
);
const wrongUse = (words: string): unknown =>
    expect.objectContaining({ code: 'WRONG_USE', message: expect.stringContaining(words) });
/** As options that only a program at run time has. */
const check = (options: object, table: SettingTable, others: object = {}): void =>
    checkSettings<Readonly<Record<string, unknown>>, SettingTable>({ ...options }, table, others);

describe('the table of settings', () => {
    it.each(rows)('$title has a description, and a default that it takes', ({ setting }) => {
        expect(setting.describe).toMatch(/^\S/);
        if (setting.default !== undefined) expect(isTaken(setting, setting.default)).toBe(true);
        expect(setting.default === undefined || setting.defaultWords === undefined).toBe(true);
    });
});

describe('a list', () => {
    it.each<[setting: Setting, text: string, value: unknown]>([
        [textTable.languages, 'en', ['en']],
        [textTable.languages, ' zh , en,,\tsw,', ['zh', 'en', 'sw']],
        [textTable.languages, 'en,en', ['en', 'en']], // the corpus says that it is asked for twice
        [divisionTable.devices, '0, 2,2', [0, 2, 2]],
        [experimentTable.sets, ' specific+related , specific', ['specific+related', 'specific']],
        [{ list: true, number: settings.share, percent: true }, '0.1%,0.5', [0.001, 0.5]],
    ])('%j of %j', (setting, text, value) => {
        expect(parseSetting('--list', setting, text)).toEqual(value);
    });

    it.each<[setting: Setting, text: string, words: string]>([
        [textTable.languages, ' , ,', '--list takes a text, not ""; give one'],
        [divisionTable.devices, '0;1', '--list takes a whole number from 0 to 9999, not "0;1"'],
        [divisionTable.devices, '-1', 'not "-1"'],
        [experimentTable.sets, 'specific,Specific', 'not "Specific"; did you mean specific?'],
        [experimentTable.sets, 'constructor', 'takes specific, specific+related, specific+related+general or experts'],
        [{ list: true, number: settings.share, percent: true }, '0.1%,5', 'between 0 and 1, not "5"'],
    ])('%j refuses %j', (setting, text, words) => {
        expect(() => parseSetting('--list', setting, text)).toThrow(wrongUse(words));
    });
});

describe("a library's options", () => {
    it.each<[options: object, table: SettingTable, words: string]>([
        [{ windowSize: 1 }, engineTable, '`windowSize` takes a whole number from 2 to 16777216, not 1'],
        [{ threads: 1.5 }, engineTable, '`threads` takes a whole number from 1 to 512, not 1.5'],
        [{ threads: '4' }, engineTable, '`threads` takes a whole number from 1 to 512, not "4"; give 4'],
        [{ gpu: 'cudaa' }, engineTable, 'not "cudaa"; did you mean cuda?'],
        [{ allowNonfinite: 1 }, engineTable, '`allowNonfinite` takes true or false, not 1'],
        [{ rpc: ['a:1', ''] }, engineTable, '`rpc` takes a text, not ""'],
        [{ topRate: Number.NaN }, identifyTable, '`topRate` takes a number between 0 and 1, not NaN'],
        [{ lambda: 'most' }, identifyTable, '`lambda` takes auto or a number, not "most"'],
        [{ date: '2026-02-30' }, questionTable, '`date` takes a day as YYYY-MM-DD, not "2026-02-30"'],
        [
            { method: 'lape', lambda: 0.2 },
            identifyTable,
            '`lambda` means nothing with `method: lape`; leave it out, or use `method: paper`',
        ],
    ])('%j are refused', (options, table, words) => {
        expect(() => check(options, table)).toThrow(wrongUse(words));
    });

    it.each<[options: object, words: string]>([
        [{ toprate: 0.1 }, 'there is no option `toprate`; did you mean `topRate`?'],
        [{ sinal: undefined, signl: 1 }, 'there is no option `signl`; did you mean `signal`?'],
        [{ elephant: 1 }, 'there is no option `elephant`; leave it out'],
        [{ constructor: 1 }, 'there is no option `constructor`'],
    ])('%j are refused where all names are known', (options, words) => {
        expect(() => check(options, identifyTable, { signal: true })).toThrow(wrongUse(words));
    });

    it('that are lists are given as lists', () => {
        expect(() => check({ sets: 'specific' }, experimentTable)).toThrow(
            wrongUse('`sets` takes a list, not "specific"; give ["specific"]'),
        );
    });

    it('are taken within their bounds; what is undefined is not given', () => {
        check({ windowSize: 2, threads: 512, gpu: 'off', rpc: ['a:1'], batchSize: undefined }, engineTable);
        check({ method: 'lape', lambda: 'auto' }, identifyTable);
        check({ lambda: 0.2 }, identifyTable);
    });
});

it('a setting of another metric is refused where it was given', () => {
    const table: SettingTable = { metric: { choices: ['ppl', 'accuracy'], default: 'ppl' }, ...questionTable };
    const refuse =
        (values: object, given: string[]): (() => void) =>
        () =>
            checkApplies(values, table, given);
    expect(refuse({ metric: 'ppl', limit: 5 }, ['limit'])).toThrow(
        wrongUse('`limit` means nothing with `metric: ppl`; leave it out, or use `metric: accuracy`'),
    );
    expect(refuse({ metric: 'ppl', limit: 5 }, ['metric'])).not.toThrow();
    expect(refuse({ metric: 'accuracy', limit: 5 }, ['limit'])).not.toThrow();
    expect(refuse({ limit: 5 }, ['limit'])).toThrow(wrongUse('`limit`'));
});
