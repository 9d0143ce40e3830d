/** The residual stream behind a layer. */
export interface LayerResiduals {
    readonly layer: number;
    /** [tokens, n_embd], row-major. */
    readonly values: Float32Array;
}
