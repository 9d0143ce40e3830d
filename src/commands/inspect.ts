import { backendsOf, Engine } from '../engine/Engine.js';
import type { MemoryBytes } from '../engine/types/MemoryPlan.js';
import { describePlan, planMemory } from '../engine/loading/planMemory.js';
import type { ModelSite } from '../engine/types/Site.js';
import { neuronsAt } from '../engine/types/Site.js';
import { sum } from '../support/averages.js';
import type { CommandOf } from './arguments/CommandDeclaration.js';
import type { inspectDeclaration } from './arguments/declarations.js';
import { toEngineOptions } from './process/openModel.js';

const mebibyte = 1024 * 1024;

/** `inspect`: what the tool sees of a model and of the machine, and what it would use. */
export const inspectCommand: CommandOf<typeof inspectDeclaration> = async (args, { signal, progress }) => {
    const engine = await Engine.open({ ...toEngineOptions(args), signal, progress });
    try {
        const { info, sites } = engine;
        const backends = backendsOf(engine);
        const neurons = sum(sites, neuronsAt);
        const { batchSize, windowSize } = engine;
        const sizes = { contextSize: windowSize + batchSize, batchSize, edits: 1, gpuLayers: args.gpuLayers };
        const onCpu = {
            addon: backends.addon,
            devices: [],
            path: engine.path,
            split: 'layer',
            mainGpu: 0,
            cpuExperts: 0,
        } as const;
        const plan = engine.plan ?? (await planMemory(onCpu, [], sizes));
        const json = {
            model: { path: engine.path, fingerprint: engine.fingerprint, ...info },
            sites,
            neurons,
            backend: {
                variant: backends.variant,
                'llama.cpp': backends.release,
                refused: backends.refused,
                devices: backends.devices,
            },
            memory: { modelBytes: info.bytes, batchSize, windowSize, plan, notes: engine.notes },
        };
        const activations = sites.map(({ activation, gated }) => `${activation}${gated ? ', gated' : ''}`);
        const text = [
            `${info.name === '' ? engine.path : info.name}: ${info.description}`,
            ...siteLines(sites, info.layers).map((line) => `  ${line}`),
            `  ${neurons} neurons in all`,
            `  activation ${[...new Set(activations)].join('; ')}`,
            `  counted on the device by ${[...new Set(sites.map(({ counting }) => counting))].join(', ')}`,
            `backend ${backends.name} (llama.cpp ${backends.release})`,
            ...backends.devices.map(
                (device) =>
                    `  ${device.name}: ${device.description}, ${Math.round(device.freeBytes / mebibyte)} of ` +
                    `${Math.round(device.totalBytes / mebibyte)} MiB free`,
            ),
            ...backends.refused.map(({ variant, reason }) => `  ${variant} not used: ${reason}`),
            `memory: ${describePlan(plan, backends.place)}`,
            ...(['weights', 'context', 'adapter'] as const).map(
                (part) => `  ${part}: ${split(plan[part], backends.place)}`,
            ),
            `windows of ${windowSize} tokens`,
            ...engine.notes.filter((note) => note.startsWith('warning')),
        ].join('\n');
        return { json, text };
    } finally {
        engine.close();
    }
};

function split({ gpu, cpu }: MemoryBytes, place: string): string {
    return `${(gpu / mebibyte).toFixed(1)} MiB on ${place}, ${(cpu / mebibyte).toFixed(1)} MiB in memory`;
}

/** What kinds of FFNs the layers have, a line each. */
function siteLines(sites: readonly ModelSite[], layers: number): string[] {
    return (['dense', 'shared', 'routed'] as const).flatMap((kind) => {
        const found = sites.filter((site) => site.kind === kind);
        if (found.length === 0) return [];
        const of =
            kind === 'routed'
                ? `${widthsOf(found.map(({ experts }) => experts))} experts, ` +
                  `${widthsOf(found.map(({ used }) => used))} of them for each token, `
                : '';
        const what = { dense: '', shared: 'a shared expert of ', routed: of }[kind];
        const where = new Set(found.map(({ layer }) => layer)).size;
        return [
            `${where} of ${layers} layers with ${what}${widthsOf(found.map(({ width }) => width))} ` +
                `neurons${kind === 'shared' ? '' : ' each'}`,
        ];
    });
}

function widthsOf(widths: readonly number[]): string {
    const [least, most] = [Math.min(...widths), Math.max(...widths)];
    return least === most ? String(least) : `${least} to ${most}`;
}
