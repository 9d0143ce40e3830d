import { Engine } from '../engine/Engine.js';
import { describePlan, planMemory, type Split } from '../engine/planMemory.js';
import { type CommandResult, type ModelArguments, engineOptions } from './shared.js';

const mebibyte = 1024 * 1024;

/** `inspect`: what the tool sees of a model and of the machine, and what it would use. */
export async function inspectCommand(args: ModelArguments): Promise<CommandResult> {
    const engine = await Engine.open(engineOptions(args));
    try {
        const { info, layers, backends } = engine;
        const neurons = layers.reduce((sum, { width }) => sum + width, 0);
        const { batchSize, windowSize, masks } = engine;
        const sizes = { contextSize: windowSize + batchSize, batchSize, masks, gpuLayers: args.gpuLayers };
        const onCpu = { addon: backends.addon, backend: '', path: engine.path, split: 'layer', mainGpu: 0 } as const;
        const plan = engine.plan ?? await planMemory(onCpu, [], sizes);
        const json = {
            model: { path: engine.path, fingerprint: engine.fingerprint, ...info },
            layers,
            neurons,
            backend: { variant: backends.variant, 'llama.cpp': backends.release, refused: backends.refused, devices: backends.devices },
            memory: { modelBytes: info.bytes, batchSize, windowSize, plan, notes: engine.notes },
        };
        const text = [
            `${info.name === '' ? engine.path : info.name}: ${info.description}`,
            `  ${info.layers} layers, ${widthsOf(layers.map(({ width }) => width))} neurons each, ${neurons} in all`,
            `  activation ${[...new Set(layers.map(({ activation, gated }) => `${activation}${gated ? ', gated' : ''}`))].join('; ')}`,
            `  counted on the device by ${[...new Set(layers.map(({ counting }) => counting))].join(', ')}`,
            `backend ${backends.variant} (llama.cpp ${backends.release})`,
            ...backends.devices.map((device) => `  ${device.name}: ${device.description}, ${Math.round(device.freeBytes / mebibyte)} of ${Math.round(device.totalBytes / mebibyte)} MiB free`),
            ...backends.refused.map(({ variant, reason }) => `  ${variant} not used: ${reason}`),
            `memory: ${describePlan(plan)}`,
            ...(['weights', 'context', 'adapter'] as const).map((part) => `  ${part}: ${split(plan[part])}`),
            `windows of ${windowSize} tokens`,
            ...engine.notes.filter((note) => note.startsWith('warning')),
        ].join('\n');
        return { json, text };
    } finally {
        engine.close();
    }
}

function split({ gpu, cpu }: Split): string {
    return `${(gpu / mebibyte).toFixed(1)} MiB on the GPU, ${(cpu / mebibyte).toFixed(1)} MiB in memory`;
}

function widthsOf(widths: readonly number[]): string {
    const [least, most] = [Math.min(...widths), Math.max(...widths)];
    return least === most ? String(least) : `${least} to ${most}`;
}
