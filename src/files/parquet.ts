import { ByteWriter, ParquetWriter, schemaFromColumnData } from 'hyparquet-writer';
import { toolVersion } from '../versions.js';
import { writeFileAtomic } from './fileAccess.js';

export interface ParquetColumn {
    readonly name: string;
    readonly type: 'INT32' | 'FLOAT' | 'DOUBLE' | 'STRING';
}

/** Values of one column, as many as the group has rows; null stands for a missing one. */
export type ParquetValues = Float32Array | Float64Array | Int32Array | readonly (string | number | null)[];

/**
 * Writes an Apache Parquet file, compressed by Snappy but for columns of FLOAT.
 * @param groups of rows: the values of each column, in the order of `columns`. One group is in memory at a time; some
 * ten thousand rows are a good size.
 * @throws LanguageNeuronsError UNWRITABLE
 */
export async function writeParquet(
    path: string,
    columns: readonly ParquetColumn[],
    groups: Iterable<readonly ParquetValues[]> | AsyncIterable<readonly ParquetValues[]>,
): Promise<void> {
    await writeFileAtomic(path, encoded(columns, groups));
}

/** Of measured values, none like another: whatever looks for equal ones takes time, and makes nothing shorter. */
const measured = { encoding: 'PLAIN', codec: 'UNCOMPRESSED', statistics: false, offsetIndex: false } as const;

async function* encoded(
    columns: readonly ParquetColumn[],
    groups: Iterable<readonly ParquetValues[]> | AsyncIterable<readonly ParquetValues[]>,
): AsyncGenerator<Buffer> {
    const writer = new ByteWriter();
    const taken = (): Buffer => {
        const bytes = Buffer.from(writer.getBytes()); // a copy: the writer's buffer is used again
        writer.index = 0;
        return bytes;
    };
    const schema = schemaFromColumnData({ columnData: columns.map(({ name, type }) => ({ name, type, data: [] })) });
    const file = new ParquetWriter({ writer, schema, createdBy: `language-neurons ${toolVersion}` });
    for await (const group of groups) {
        // The library's type of values is of arrays that may be written to.
        const columnData = columns.map(({ name, type }, i) => ({
            ...{ name, data: group[i] as (string | number | null)[] },
            ...(type === 'FLOAT' ? measured : {}),
        }));
        const rows = group[0]?.length ?? 0;
        if (rows > 0) await file.write({ columnData, rowGroupSize: rows });
        yield taken();
    }
    await file.finish();
    yield taken();
}
