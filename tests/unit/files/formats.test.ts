import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readActivations } from '../../../src/activations/activationsFile.js';
import { writeSafetensors } from '../../../src/activations/safetensors.js';
import { readCheckIfAny } from '../../../src/checks/checkFile.js';
import { readEffectsIfAny } from '../../../src/effects/effectsFile.js';
import { readLensIfAny } from '../../../src/lens/lensFile.js';
import { readComparison } from '../../../src/experiments/resultFiles/comparisonFile.js';
import { readCurves } from '../../../src/experiments/resultFiles/doseFile.js';
import { readMatrices } from '../../../src/experiments/resultFiles/matrixFile.js';
import { readMatrixShard } from '../../../src/experiments/resultFiles/matrixShard.js';
import { readExamplesHead } from '../../../src/examples/examplesFile.js';
import { readNeurons } from '../../../src/neurons/analysis/neuronsFile.js';
import { temporaryFolder } from '../../helpers/temporaryFolder.js';

const root = temporaryFolder();
mkdirSync(join(root, 'checks'));

interface Format {
    readonly file: string;
    readonly format: string;
    readonly what: string;
    readonly mend: string;
    /** Default 1. */
    readonly version?: number;
    readonly read: (path: string) => Promise<unknown>;
}

const json: readonly Format[] = [
    {
        file: 'neurons.json',
        format: 'language-neurons/neurons',
        what: 'an analysis',
        mend: 'run identify again',
        read: readNeurons,
    },
    {
        file: 'ppl.matrix.json',
        format: 'language-neurons/matrix',
        what: 'a deactivation matrix',
        mend: 'run deactivate again',
        read: () => readMatrices(root),
    },
    {
        file: 'ppl.scale-0.5.matrix.json',
        format: 'language-neurons/matrix',
        what: 'a deactivation matrix',
        mend: 'run intervene again',
        read: () => readMatrices(root),
    },
    {
        file: 'accuracy.dose.json',
        format: 'language-neurons/dose',
        what: 'a set of dose curves',
        mend: 'run intervene with `dose` again',
        read: () => readCurves(root),
    },
    {
        file: 'effects.json',
        format: 'language-neurons/effects',
        version: 2,
        what: "neurons' effects on tokens",
        mend: 'remove it and run effects again',
        read: () => readEffectsIfAny(root),
    },
    {
        file: 'lens.json',
        format: 'language-neurons/lens',
        what: "languages of the layers' likeliest tokens",
        mend: 'remove it and run lens again',
        read: () => readLensIfAny(root),
    },
    {
        file: 'checks/settings.json',
        format: 'language-neurons/check',
        what: 'the result of a check',
        mend: 'remove it and run check again',
        read: () => readCheckIfAny(root, 'settings'),
    },
    {
        file: 'comparison.json',
        format: 'language-neurons/comparison',
        what: 'a comparison',
        mend: 'run compare again',
        read: () => readComparison(root),
    },
    {
        file: 'ppl.matrix.shard-1-of-2.json',
        format: 'language-neurons/matrix-shard',
        what: 'a shard of a matrix',
        mend: 'measure it again',
        read: readMatrixShard,
    },
];
const counts: Format = {
    file: 'activations.safetensors',
    format: 'language-neurons/activations',
    what: 'counts',
    mend: 'remove it, then collect or import it again',
    read: readActivations,
};

const examples: Format = {
    file: 'examples.safetensors',
    format: 'language-neurons/examples',
    what: 'examples',
    mend: 'remove it and run examples again',
    version: 2,
    read: readExamplesHead,
};

/** Writes a file of a format that holds nothing but this. */
async function write(path: string, head: Readonly<Record<string, unknown>>): Promise<void> {
    if (!path.endsWith('.safetensors')) return writeFileSync(path, JSON.stringify(head));
    const metadata = Object.entries(head).map(([key, value]) => [key, String(value)]);
    await writeSafetensors(
        path,
        new Map([['tokens', { shape: [1], data: BigInt64Array.of(1n) }]]),
        Object.fromEntries(metadata) as Record<string, string>,
    );
}

describe.each([...json, counts, examples])('$file', ({ file, format, what, mend, read, version = 1 }) => {
    const path = join(root, file);
    const refusal = async (): Promise<{ code?: string; message: string }> =>
        read(path)
            .then(() => ({ message: 'it was read' }))
            .catch((error: { code: string; message: string }) => error)
            .finally(() => rmSync(path));

    it('of a newer version is refused by name', async () => {
        await write(path, { format, version: version + 1 });
        expect(await refusal()).toMatchObject({
            code: 'DAMAGED',
            message:
                `${path}: is version ${version + 1} of ${format}, this tool reads version ${version}; ` +
                `update language-neurons, or ${mend}`,
        });
    });

    it.runIf(version > 1)('of an older version is refused by name, and no update is asked for', async () => {
        await write(path, { format, version: version - 1 });
        expect(await refusal()).toMatchObject({
            code: 'DAMAGED',
            message: `${path}: is version ${version - 1} of ${format}, this tool reads version ${version}; ${mend}`,
        });
    });

    it('of another format, without a version, damaged or no file of this kind is DAMAGED, with the mend', async () => {
        const bytes = ['', 'null', '[]', '{"format": "lang', '"text"', `{"format":"${format}","version":1,"\u0000":`];
        const heads: Readonly<Record<string, unknown>>[] = [
            { format: 'language-neurons/other', version: 1 },
            { version: 1 },
            { format },
            { format, version: 'x' },
            { format, version },
            { format, version, languages: '[]', widths: [] },
        ];
        for (const attempt of [...bytes, ...heads]) {
            if (typeof attempt === 'string') writeFileSync(path, attempt);
            else await write(path, attempt);
            const { code, message } = await refusal();
            expect(code, JSON.stringify(attempt)).toBe('DAMAGED');
            expect(message).toContain(`${path}: `);
            expect(message, 'one line').not.toMatch(/\n/);
            if (!file.endsWith('.safetensors')) {
                expect(message).toContain(`: is not ${what} (`);
                expect(message).toMatch(new RegExp(`\\); ${mend}$`));
            }
        }
    });

    it('is on the page of formats, with its version', () => {
        const rows = readFileSync('docs/formats.md', 'utf8').split('\n');
        expect(rows.find((row) => row.includes(` | \`${format}\` | ${version} |`))).toBeDefined();
    });
});
