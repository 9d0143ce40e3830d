import type { Setting, ShapedResult } from '../../settings/Setting.js';
import { collectTable, engineTable } from '../../settings/settings.js';
import type { EngineOptions, OwnProducts } from './engineTypes.js';

/**
 * The options of an engine that shape its results besides model and adapters: the rows of `engineTable` that say so, by
 * their names in identities, and `values`. The KV cache's size shapes only what is generated.
 */
export type EngineSettings = {
    /** The backend, and the number of RPC servers; their addresses are left out, since servers may move. */
    readonly device: string;
    /** The batch size that the options ask for. */
    readonly batch: number;
    /** Most tokens of one text. */
    readonly window: number;
    /** Other matrix products than ggml's. */
    readonly products?: OwnProducts | 'exact';
    /** Bins of each neuron's histogram, where values are collected too. */
    readonly values?: number;
    /** On devices: layers asked for, or `auto`, and how the model is spread. */
    readonly gpuLayers?: number | 'auto';
    readonly split?: NonNullable<EngineOptions['split']>;
    readonly mainGpu?: number;
    /** Absent: there are none. */
    readonly cpuExperts?: number;
};

/** What settings depend on besides the options: the backend's name, its GPUs, a histogram's bins. */
interface Device {
    readonly name: string;
    readonly gpus: readonly unknown[];
    readonly bins: number;
}

/** Rows by their names in identities; those of devices stand last in files. */
const rows: readonly (readonly [name: string, row: Setting])[] = Object.entries<Setting>({
    ...engineTable,
    values: collectTable.values,
})
    .map(([name, row]) => [row.identity ?? name, row] as const)
    .sort(([, a], [, b]) => Number(a.onDevice ?? false) - Number(b.onDevice ?? false));

export function engineSettings(
    {
        gpuLayers,
        split = engineTable.split.default,
        mainGpu = engineTable.mainGpu.default,
        cpuExperts = engineTable.cpuExperts.default,
        products = engineTable.products.default,
        exact = false,
        values = false,
    }: Partial<EngineOptions>,
    { name: device, gpus, bins }: Device,
    batch: number,
    window: number,
): EngineSettings {
    const given = {
        ...{ device, batch, window, split, mainGpu },
        gpuLayers: gpuLayers ?? 'auto',
        products: exact ? 'exact' : products === engineTable.products.default ? undefined : products,
        cpuExperts: cpuExperts > 0 ? cpuExperts : undefined,
        values: values ? bins : undefined,
    };
    const named = rows
        .filter(([, { shapes = [], onDevice = false }]) => shapes.length > 0 && (!onDevice || gpus.length > 0))
        .map(([name]) => [name, given[name as keyof typeof given]] as const);
    return Object.fromEntries(named.filter(([, value]) => value !== undefined)) as EngineSettings;
}

/** The settings that identify a kind of result. */
export function settingsOf<T extends Readonly<Record<string, string | number | undefined>>>(
    result: ShapedResult,
    settings: T,
): Partial<T> {
    const names = rows.filter(([, { shapes = [] }]) => shapes.includes(result)).map(([name]) => name);
    return Object.fromEntries(Object.entries(settings).filter(([name]) => names.includes(name))) as Partial<T>;
}
