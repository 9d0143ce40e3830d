import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { ModelInfo } from '../../src/engine/types/ModelInfo.js';
import { embeddedModel } from '../helpers/models.js';
import { openNative } from '../helpers/native.js';
import { writeWidths } from '../helpers/syntheticModels.js';
import { temporaryFolder } from '../helpers/temporaryFolder.js';

const folder = temporaryFolder();

async function infoOf(path: string): Promise<ModelInfo> {
    const model = await openNative(path);
    const info = model.info();
    model.close();
    return info;
}

describe('how a model was quantized', () => {
    it("is told by llama.cpp's name of the file type", async () => {
        expect(await infoOf(embeddedModel)).toMatchObject({ fileType: 'Q8_0', imatrix: null });
        const path = join(folder, 'q4.gguf');
        writeWidths(path, [32], { 'general.file_type': { u32: 15 } });
        expect((await infoOf(path)).fileType).toBe('Q4_K - Medium');
        writeWidths(path, [32]);
        expect((await infoOf(path)).fileType).toBe('(guessed) all F32');
    });

    it('and by the importance matrix, whatever its path is long', async () => {
        const file = `/${'matrices/'.repeat(200)}a.imatrix`;
        const path = join(folder, 'imatrix.gguf');
        writeWidths(path, [32], {
            'quantize.imatrix.file': { string: file },
            'quantize.imatrix.dataset': { string: 'calibration 中.txt' },
            'quantize.imatrix.entries_count': { i32: 224 },
            'quantize.imatrix.chunks_count': { i32: 125 },
        });
        expect((await infoOf(path)).imatrix).toEqual({
            file,
            dataset: 'calibration 中.txt',
            entries: 224,
            chunks: 125,
        });
        writeWidths(path, [32], { 'quantize.imatrix.file': { string: 'a.dat' } });
        expect((await infoOf(path)).imatrix).toEqual({ file: 'a.dat', dataset: '', entries: 0, chunks: 0 });
    });
});
