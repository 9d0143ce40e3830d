import { describe, expect, it } from 'vitest';
import { deactivation } from '../../../src/interventions/Operation.js';
import { layersTable, languagesTable } from '../../../src/report/tables/analysisTables.js';
import { toCsv } from '../../../src/files/csv.js';
import { deactivationTable, fileSafe } from '../../../src/report/tables/deactivationTable.js';
import { buildAnalysis, buildSet } from './fixture.js';

/** Reads RFC 4180, so that the test does not depend on the writer. */
function parseCsv(text: string): string[][] {
    const rows: string[][] = [[]];
    for (const [, quoted, plain, end] of text.matchAll(/(?:"((?:[^"]|"")*)"|([^",\n]*))(,|\n)/g)) {
        rows.at(-1)?.push(quoted?.replaceAll('""', '"') ?? plain ?? '');
        if (end === '\n') rows.push([]);
    }
    return rows.slice(0, -1);
}

describe('CSV', () => {
    it('gives back a deactivation set, number for number', () => {
        const languages = ['en', 'a,b', 'say "hi"', 'two\nlines'];
        const set = buildSet(languages, 0.7);
        const [header = [], ...rows] = parseCsv(
            toCsv(deactivationTable('specific', set, { metric: 'ppl', operation: deactivation })),
        );
        expect(header.join()).toBe(
            'set,row,column,baseline,value,valueLow,valueHigh,change,changeLow,changeHigh,changeP,changeQ,relative,' +
                'control,controlRelative,beyondControl,beyondControlLow,beyondControlHigh,' +
                'beyondControlP,beyondControlQ,samples,neurons',
        );
        expect(rows).toHaveLength(16);
        rows.forEach((fields, index) => {
            const [r, c] = [Math.floor(index / 4), index % 4];
            const baseline = set.baseline[c] ?? NaN;
            const change = set.change[r]?.[c] ?? NaN;
            const control = set.control[r]?.[c] ?? NaN;
            expect(fields.slice(0, 3)).toEqual(['specific', languages[r], languages[c]]);
            expect(fields.slice(3).map(Number)).toEqual([
                baseline,
                set.values[r]?.[c],
                ...set.intervals.values[r]![c]!,
                change,
                ...set.intervals.change[r]![c]!,
                set.tests!.change.p[r]![c],
                set.tests!.change.q[r]![c],
                change / baseline,
                control,
                control / baseline,
                set.beyondControl[r]?.[c],
                ...set.intervals.beyondControl[r]![c]!,
                set.tests!.beyondControl.p[r]![c],
                set.tests!.beyondControl.q[r]![c],
                set.samples[r]?.[c],
                set.neurons[r],
            ]);
        });
    });

    it('keeps the layers', () => {
        const analysis = buildAnalysis({ layers: 3 });
        const rows = parseCsv(toCsv(layersTable(analysis))).slice(1);
        expect(rows.map((row) => row.map(Number))).toEqual(
            analysis.layers.map((layer, i) => [i, 14336, layer.specific, layer.related, layer.general]),
        );
    });

    it('leaves tokens empty where none were given, and a family where none is known', () => {
        const analysis = buildAnalysis({ languages: ['en', 'constructor'] });
        const rows = parseCsv(toCsv(languagesTable(analysis, { en: 12 }))).slice(1);
        expect(rows.map((row) => row.slice(1, 3))).toEqual([
            ['Indo-European', '12'],
            ['', ''],
        ]);
    });
});

describe('fileSafe', () => {
    it('keeps plain names and defuses the others', () => {
        expect(fileSafe('specific+related')).toBe('specific+related');
        expect(fileSafe('../a b/ü"')).toBe('.._a_b___');
    });
});
