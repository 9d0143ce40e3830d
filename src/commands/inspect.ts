import { Engine } from '../engine/Engine.js';
import { type CommandResult, type ModelArguments, engineOptions } from './shared.js';

const mebibyte = 1024 * 1024;

/** `inspect`: what the tool sees of a model and of the machine, and what it would use. */
export async function inspectCommand(args: ModelArguments): Promise<CommandResult> {
    const engine = await Engine.open(engineOptions(args));
    try {
        const { info, layers, backends } = engine;
        const neurons = layers.reduce((sum, { width }) => sum + width, 0);
        // One F32 counter and one F32 mask a neuron stay on the device.
        const adapterBytes = 8 * neurons;
        const json = {
            model: { path: engine.path, fingerprint: engine.fingerprint, ...info },
            layers,
            neurons,
            backend: { variant: backends.variant, 'llama.cpp': backends.release, refused: backends.refused, devices: backends.devices },
            memory: { modelBytes: info.bytes, adapterBytes, batchSize: engine.batchSize, windowSize: engine.windowSize },
        };
        const text = [
            `${info.name === '' ? engine.path : info.name}: ${info.description}`,
            `  ${info.layers} layers, ${widthsOf(layers.map(({ width }) => width))} neurons each, ${neurons} in all`,
            `  activation ${[...new Set(layers.map(({ activation, gated }) => `${activation}${gated ? ', gated' : ''}`))].join('; ')}`,
            `  counted on the device by ${[...new Set(layers.map(({ counting }) => counting))].join(', ')}`,
            `backend ${backends.variant} (llama.cpp ${backends.release})`,
            ...backends.devices.map((device) => `  ${device.name}: ${device.description}, ${Math.round(device.freeBytes / mebibyte)} of ${Math.round(device.totalBytes / mebibyte)} MiB free`),
            ...backends.refused.map(({ variant, reason }) => `  ${variant} not used: ${reason}`),
            `memory: ${(info.bytes / mebibyte).toFixed(0)} MiB of weights, ${(adapterBytes / mebibyte).toFixed(2)} MiB of counters and masks; batches of ${engine.batchSize} tokens, windows of ${engine.windowSize}`,
        ].join('\n');
        return { json, text };
    } finally {
        engine.close();
    }
}

function widthsOf(widths: readonly number[]): string {
    const [least, most] = [Math.min(...widths), Math.max(...widths)];
    return least === most ? String(least) : `${least} to ${most}`;
}
