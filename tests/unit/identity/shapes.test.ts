import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { engineSettings, type EngineSettings, settingsOf } from '../../../src/engine/types/EngineSettings.js';
import type { EngineOptions } from '../../../src/engine/types/engineTypes.js';
import { promptKey } from '../../../src/questions/askedPrompts.js';
import { collectTable, engineTable, shapingTables } from '../../../src/settings/settings.js';
import type { Setting, ShapedResult } from '../../../src/settings/Setting.js';
import { keyOf } from '../../../src/support/keyOf.js';

type Options = Partial<EngineOptions>;
const cpu = { gpus: [], variant: 'cpu' };
const cuda = { gpus: [{}], variant: 'cuda' };

/** As an engine comes to them: `loadBackends` names the backend. */
function settingsWith(options: Options, { gpus, variant }: typeof cpu | typeof cuda): EngineSettings {
    const { gpu = variant, rpc = [], batchSize = 512, windowSize = 2048 } = options;
    const name = rpc.length === 0 ? gpu : `${gpu} with ${rpc.length} RPC servers`;
    return engineSettings(options, { name, gpus, bins: 64 }, batchSize, windowSize);
}

const question = { language: 'de', index: 0, text: '1 + 1?', answer: 2 };
const prompt = { question, place: 0, text: '1 + 1?', special: false, stops: [] };
const keys: Readonly<Partial<Record<ShapedResult, (settings: EngineSettings) => string>>> = {
    counts: (settings) => keyOf(settingsOf('counts', settings)),
    cells: (settings) => keyOf(settingsOf('cells', settings)),
    answers: (settings) =>
        promptKey({ fingerprint: 'xxh128:0', settings, contextSize: 8192 }, prompt, { maxTokens: 256 }),
};

/** Another value of each row than its default. */
const changed: Readonly<Record<keyof typeof engineTable | 'values', Options>> = {
    gpu: { gpu: 'vulkan' },
    rpc: { rpc: ['a:1', 'b:2'] },
    gpuLayers: { gpuLayers: 3 },
    split: { split: 'row' },
    mainGpu: { mainGpu: 1 },
    cpuExperts: { cpuExperts: 2 },
    products: { products: 'bf16' },
    exact: { exact: true },
    batchSize: { batchSize: 64 },
    windowSize: { windowSize: 256 },
    threads: { threads: 3 },
    allowNonfinite: { allowNonfinite: true },
    values: { values: true },
};
const rows: Readonly<Record<string, Setting>> = { ...engineTable, values: collectTable.values };
const cases = Object.entries(changed).flatMap(([name, options]) =>
    Object.keys(keys).flatMap((result) =>
        [cpu, cuda].map((device) => ({ name, options, result: result as ShapedResult, device, on: device.variant })),
    ),
);

describe('the identity of a result', () => {
    it.each(cases)('on $on, $name changes that of $result exactly where its row says so', (one) => {
        const { name, options, result, device } = one;
        const { shapes = [], onDevice = false } = rows[name]!;
        const key = keys[result]!;
        const expected = shapes.includes(result) && (!onDevice || device === cuda);
        expect(key(settingsWith(options, device)) !== key(settingsWith({}, device))).toBe(expected);
    });

    it('holds the settings in the order that files have', () => {
        expect(JSON.stringify(settingsWith({ values: true }, cpu))).toBe(
            '{"device":"cpu","batch":512,"window":2048,"values":64}',
        );
        expect(JSON.stringify(settingsWith({ values: true, cpuExperts: 2 }, cuda))).toBe(
            '{"device":"cuda","batch":512,"window":2048,"values":64,' +
                '"gpuLayers":"auto","split":"layer","mainGpu":0,"cpuExperts":2}',
        );
    });
});

describe('docs/identity.md', () => {
    const columns: readonly ShapedResult[] = ['counts', 'analysis', 'cells', 'answers', 'matrix'];
    const camelCase = (option: string): string => option.replace(/-(.)/g, (_, letter: string) => letter.toUpperCase());
    /** The results that a line of the table says yes to, of each option that it names; those off devices apart. */
    const lines = readFileSync('docs/identity.md', 'utf8')
        .split('\n')
        .filter((line) => line.startsWith('| `--') && !line.includes('on the CPU alone'))
        .map((line) => {
            const [options, ...cells] = line
                .split('|')
                .slice(1, -1)
                .map((cell) => cell.trim());
            const names = [...options!.matchAll(/`--([a-z-]+)`/g)].map(([, name]) => camelCase(name!));
            return { names, shapes: columns.filter((_, i) => cells[i]!.startsWith('yes')) };
        });
    const all = Object.values<Readonly<Record<string, Setting>>>(shapingTables).flatMap((table) =>
        Object.entries(table).map(([name, { shapes, group }]) => ({ name, group, shapes: shapes! })),
    );

    it.each(all)('says of $name ($group) what its row says', ({ name, shapes }) => {
        const said = lines.filter(({ names }) => names.includes(name)).map((line) => line.shapes);
        expect(said).toContainEqual(columns.filter((column) => shapes.includes(column)));
    });

    it.each(lines.flatMap(({ names, shapes }) => names.map((name) => ({ name, shapes }))))(
        'says nothing of $name that no row says',
        ({ name, shapes }) => {
            const own = all.filter((row) => row.name === name);
            if (own.length > 0)
                expect(own.map((row) => columns.filter((one) => row.shapes.includes(one)))).toContainEqual(shapes);
        },
    );
});
