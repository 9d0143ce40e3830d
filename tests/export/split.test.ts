import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { program } from '../../scripts/programs/program.mjs';
import { denseSites } from '../../src/engine/types/Site.js';
import { exportModel } from '../../src/export/exportModel.js';
import { readGguf } from '../../src/gguf/GgufFile.js';
import { noGgml } from '../helpers/ggmlBlocks.js';
import { embeddedModel } from '../helpers/models.js';
import { everyNth } from '../helpers/neuronSets.js';
import { someSource } from '../helpers/analysed.js';
import { temporaryFolder } from '../helpers/temporaryFolder.js';

const folder = temporaryFolder();
const at = (name: string): string => join(folder, name);

/** llama.cpp's own program, which splits models and puts them together. */
function ggufSplit(...args: string[]): void {
    execFileSync(program('llama-gguf-split'), args, { stdio: 'ignore' });
}

it.skipIf(noGgml !== undefined)('a model in several files is edited as it is in one', async () => {
    const widths = new Array<number>(6).fill(1024);
    const edits = [{ neurons: everyNth(denseSites(widths), 9), scale: 0, label: 'every ninth' }];
    const analysis = { widths, source: someSource };
    ggufSplit('--split', '--split-max-tensors', '20', embeddedModel, at('parts'));
    const { files } = await exportModel({ model: at('parts-00002-of-00003.gguf'), analysis, edits, out: at('e.gguf') });
    expect(files).toEqual([1, 2, 3].map((part) => at(`e-0000${part}-of-00003.gguf`)));
    ggufSplit('--merge', files[0]!, at('merged.gguf'));

    await exportModel({ model: embeddedModel, analysis, edits, out: at('single.gguf') });
    const data = async (name: string): Promise<Map<string, string>> => {
        const [bytes, { tensors, size }] = [readFileSync(at(name)), await readGguf(at(name))];
        const sorted = [...tensors.values()].sort((a, b) => a.offset - b.offset);
        return new Map(
            sorted.map(({ name, offset }, i) => [
                name,
                bytes.subarray(offset, sorted[i + 1]?.offset ?? size).toString('latin1'),
            ]),
        );
    };
    expect(await data('merged.gguf')).toEqual(await data('single.gguf'));
    const { metadata } = await readGguf(at('merged.gguf'));
    expect(metadata['language-neurons.edit.0.changes']).toEqual(['every ninth × 0']);
});
