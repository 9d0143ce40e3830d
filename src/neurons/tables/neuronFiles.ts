import { extname } from 'node:path';
import { wrongUse } from '../../errors.js';
import { type CsvOptions, csvPieces } from '../../files/csv.js';
import { writeFileAtomic } from '../../files/fileAccess.js';
import { writeParquet } from '../../files/parquet.js';
import { compact } from '../../files/versionedJson.js';
import { neuronFileColumns } from './neuronFileColumns.js';
import { type NeuronRow, neuronRow } from './neuronRows.js';
import type { NeuronTable } from './neuronTable.js';
import { checkSettings } from '../../settings/checkSetting.js';
import { csvTable } from '../../settings/settings.js';

/** Rows that are in memory at a time. */
const groupRows = 20_000;

/**
 * Writes rows of a table, one for each neuron: as CSV, as a JSON array of `NeuronRow`, or as Parquet. CSV and Parquet
 * have a column for each language, `probability en` and `count en`; a neuron's tokens stand in one, blanks between.
 * @param path ends in `.csv`, `.json` or `.parquet`
 * @param rows as `chooseNeurons` gives them
 * @throws LanguageNeuronsError WRONG_USE for another ending; UNWRITABLE
 */
export async function writeNeuronTable(
    path: string,
    table: NeuronTable,
    rows: Uint32Array,
    options: CsvOptions = {},
): Promise<void> {
    checkSettings(options, csvTable, {});
    checkTablePath(path);
    const columns = neuronFileColumns(table);
    const groups = <T>(of: (group: NeuronRow[]) => T): Generator<T> => groupsOf(table, rows, of);
    switch (extname(path).toLowerCase()) {
        case '.csv': {
            const cells = groups((group) => group.map((row) => columns.map(({ of }) => of(row))));
            const names = columns.map(({ name }) => name);
            return writeFileAtomic(path, csvPieces(names, cells, options));
        }
        case '.parquet':
            return writeParquet(
                path,
                columns,
                groups((group) => columns.map(({ of }) => group.map(of))),
            );
        default:
            return writeFileAtomic(path, jsonPieces(groups((group) => group)));
    }
}

/** @throws LanguageNeuronsError WRONG_USE for a path without a known ending */
export function checkTablePath(path: string): void {
    if (['.csv', '.json', '.parquet'].includes(extname(path).toLowerCase())) return;
    throw wrongUse(`${path}: its ending names no format; give a name that ends in .csv, .json or .parquet`);
}

function* groupsOf<T>(table: NeuronTable, rows: Uint32Array, of: (group: NeuronRow[]) => T): Generator<T> {
    for (let begin = 0; begin < rows.length; begin += groupRows)
        yield of(Array.from(rows.subarray(begin, begin + groupRows), (row) => neuronRow(table, row)));
}

function* jsonPieces(groups: Iterable<readonly NeuronRow[]>): Generator<string> {
    let before = '[\n';
    for (const group of groups) {
        yield before + group.map(compact).join(',\n');
        before = ',\n';
    }
    yield before === ',\n' ? '\n]\n' : '[]\n';
}
