import type { TensorHead } from './gguf.mjs';

export interface ModelShape {
    readonly layers: number;
    readonly embedding: number;
    /** Neurons of a layer. */
    readonly width: number;
    readonly heads: number;
    readonly kvHeads: number;
    readonly vocabulary: number;
}

export const shapes: Readonly<Record<'1b' | '8b', ModelShape>>;
export function modelHead(
    shape: ModelShape,
    mix: string,
): { readonly head: Buffer; readonly tensors: readonly TensorHead[]; readonly bytes: number };
export function writeSyntheticModel(path: string, shape: ModelShape, mix: string): void;
