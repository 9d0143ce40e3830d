/** A metadata value by its GGUF type; a plural is an array. */
export type GgufValue =
    | { readonly u16: number }
    | { readonly u32: number }
    | { readonly i32: number }
    | { readonly f32: number }
    | { readonly bool: boolean }
    | { readonly string: string }
    | { readonly u32s: readonly number[] }
    | { readonly i32s: readonly number[] }
    | { readonly f32s: readonly number[] }
    | { readonly strings: readonly string[] };

export type TensorType = 'f32' | 'f16' | 'q4_0' | 'q8_0' | 'q4_k' | 'q6_k';

/** A type's number in the file, and bytes for a block of weights. */
export interface TensorLayout {
    readonly number: number;
    readonly weights: number;
    readonly bytes: number;
}

/** `shape` in ggml's order, fastest first. */
export interface TensorHead {
    readonly name: string;
    readonly shape: readonly number[];
    readonly type: TensorType | TensorLayout;
}

export const tensorTypes: Readonly<Record<TensorType, TensorLayout>>;
export function tensorBytes(tensor: TensorHead): number;
export function paddingOf(bytes: number): number;
export function ggufHead(metadata: Readonly<Record<string, GgufValue>>, tensors: readonly TensorHead[]): Buffer;
