import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseLora, toEngineOptions } from '../../../src/commands/process/openModel.js';

describe('--lora', () => {
    it.each<[text: string, path: string, scale: number]>([
        ['a.gguf', 'a.gguf', 1],
        ['a.gguf:0.5', 'a.gguf', 0.5],
        ['a.gguf:.5', 'a.gguf', 0.5],
        ['a.gguf:-1', 'a.gguf', -1],
        ['a.gguf:+2', 'a.gguf', 2],
        ['a.gguf:0', 'a.gguf', 0],
        ['a.gguf:1e-3', 'a.gguf', 1e-3],
        ['a.gguf:2E2', 'a.gguf', 200],
        ['C:\\loras\\a.gguf', 'C:\\loras\\a.gguf', 1],
        ['C:\\loras\\a.gguf:0.25', 'C:\\loras\\a.gguf', 0.25],
        ['/data/12:30/a.gguf', '/data/12:30/a.gguf', 1],
        ['/data/12:30/a.gguf:3', '/data/12:30/a.gguf', 3],
        ['a.gguf:x', 'a.gguf:x', 1],
        ['a.gguf:', 'a.gguf:', 1],
        ['a.gguf:NaN', 'a.gguf:NaN', 1],
        ['a.gguf:0x10', 'a.gguf:0x10', 1],
        [':0.5', ':0.5', 1],
    ])('%s', (text, path, scale) => {
        expect(parseLora(text)).toEqual({ path, scale });
    });

    it('takes the scale that was written behind any path', () => {
        fc.assert(
            fc.property(
                fc.string({ minLength: 1 }).filter((path) => !/[\n\r\u2028\u2029]/.test(path)),
                fc.double({ noNaN: true, noDefaultInfinity: true, min: -1e6, max: 1e6 }),
                (path, scale) => {
                    expect(parseLora(`${path}:${scale}`)).toEqual({ path, scale: scale + 0 });
                },
            ),
        );
    });

    it('keeps the order of several, beside the options that were given', () => {
        const given = {
            model: 'm.gguf',
            lora: ['a', 'b:2'],
            gpu: 'auto' as const,
            rpc: undefined,
            products: 'ggml' as const,
            exact: false,
            split: 'layer' as const,
            mainGpu: 0,
            cpuExperts: 0,
            gpuLayers: 0,
            batchSize: 512,
            windowSize: 64,
            threads: undefined,
            allowNonfinite: false,
        };
        expect(toEngineOptions(given)).toEqual({
            model: 'm.gguf',
            loras: [
                { path: 'a', scale: 1 },
                { path: 'b', scale: 2 },
            ],
            gpu: 'auto',
            products: 'ggml',
            exact: false,
            split: 'layer',
            mainGpu: 0,
            cpuExperts: 0,
            gpuLayers: 0,
            batchSize: 512,
            windowSize: 64,
            allowNonfinite: false,
        });
        expect(toEngineOptions({ ...given, lora: undefined }).loras).toEqual([]);
        expect(toEngineOptions({ ...given, rpc: ['a:1', 'b:2'] }).rpc).toEqual(['a:1', 'b:2']);
    });
});
