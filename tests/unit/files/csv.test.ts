import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { writeMatrix } from '../../../src/experiments/resultFiles/matrixFile.js';
import { toCsv } from '../../../src/files/csv.js';
import { writeReport } from '../../../src/report/writeReport.js';
import { buildInput, buildSet } from '../report/fixture.js';
import { temporaryFolder } from '../../helpers/temporaryFolder.js';

const root = temporaryFolder();

/** The fields of the only row. */
function cellsOf(...row: (string | number | null)[]): string {
    return toCsv({ columns: ['a'], rows: [row] }).slice('a\n'.length, -1);
}

it.each(['=1+1', '+1', '-1', '@SUM(A1)', '\t=1', '\r=1', '=cmd|" /C calc"!A0', '-2+3', '＝1', '－1', '＋1', '＠1'])(
    'the text %j is no formula',
    (text) => {
        const [first = ''] = [cellsOf(text, 'x').replace(/^"/, '')];
        expect(first.startsWith("'")).toBe(true);
        expect(cellsOf('x', text)).toContain(`'${text.replaceAll('"', '""')}`);
    },
);

it('numbers stay what they are, negative ones and those that are not finite too', () => {
    expect(cellsOf(-1, -0.5, -1e-12, 1e21, NaN, Infinity, -Infinity, null, 0)).toBe(
        '-1,-0.5,-1e-12,1e+21,NaN,Infinity,-Infinity,,0',
    );
    expect(cellsOf('nan', 'null', '__proto__', 'zh-TW', 'a-b', '1-2', "it's")).toBe(
        "nan,null,__proto__,zh-TW,a-b,1-2,it's",
    );
    expect(cellsOf('語'.repeat(300))).toBe('語'.repeat(300));
});

it('begins with a byte-order mark where Excel is to read it, and only there', async () => {
    const table = { columns: ['language'], rows: [['日本語'], ['Türkçe']] };
    expect(toCsv(table)).toBe('language\n日本語\nTürkçe\n');
    expect(toCsv(table, { excel: true })).toBe('\ufefflanguage\n日本語\nTürkçe\n');
    const input = buildInput();
    for (const excel of [true, false]) {
        const { tables } = await writeReport(join(root, String(excel)), input, { excel });
        expect(tables.length).toBeGreaterThan(2);
        for (const path of tables) expect(readFileSync(path).subarray(0, 3).toString('hex') === 'efbbbf').toBe(excel);
        const matrix = { ...input.matrices[0]!, metric: 'ppl' as const };
        await writeMatrix(join(root, String(excel)), matrix, { excel });
        expect(readFileSync(join(root, String(excel), 'ppl.matrix.csv'), 'utf8').startsWith('\ufeff')).toBe(excel);
    }
});

it('long and odd names stand in a report whole, and in file names not at all', async () => {
    const languages = ['nan', 'constructor', 'n'.repeat(128), '=1+1', '<script>alert(1)</script>'.replaceAll('/', '')];
    const input = buildInput();
    const matrix = { ...input.matrices[0]!, languages, sets: { specific: buildSet(languages, 0.7) }, whole: {} };
    const { html, figures, tables } = await writeReport(join(root, 'odd'), { ...input, matrices: [matrix] });
    const page = readFileSync(html, 'utf8');
    expect(page).toContain('n'.repeat(128));
    expect(page).not.toContain('<script>alert');
    for (const path of [...figures, ...tables]) expect(path.length - root.length).toBeLessThan(120);
    const csv = readFileSync(
        tables.find((path) => path.includes('deactivation.specific'))!,
        'utf8',
    );
    expect(csv).toContain(",'=1+1,");
    expect(csv).toContain('specific,nan,nan,');
    for (const path of figures) {
        const width = Number(/<svg[^>]* width="(\d+)/.exec(readFileSync(path, 'utf8'))?.[1] ?? 0);
        expect(width, path).toBeLessThan(2500);
    }
});

const hasPandas = ((): boolean => {
    try {
        execFileSync('python3', ['-c', 'import pandas'], { stdio: 'ignore' });
        return true;
    } catch {
        return false;
    }
})();

it.runIf(hasPandas)('pandas reads the language nan as the docs say', () => {
    const path = join(root, 'nan.csv');
    for (const excel of [true, false]) {
        writeFileSync(
            path,
            toCsv(
                {
                    columns: ['row', 'value'],
                    rows: [
                        ['nan', -1.5],
                        ['null', null],
                        ['en', NaN],
                        ['de', Infinity],
                    ],
                },
                { excel },
            ),
        );
        const script =
            "import pandas, sys; t = pandas.read_csv(sys.argv[1], keep_default_na=False, na_values=['', 'NaN'], " +
            "encoding='utf-8-sig'); print(list(t.columns), t.row.tolist(), t.value.tolist())";
        const read = execFileSync('python3', ['-c', script, path], { encoding: 'utf8' });
        expect(read.trim()).toBe("['row', 'value'] ['nan', 'null', 'en', 'de'] [-1.5, nan, nan, inf]");
    }
});
