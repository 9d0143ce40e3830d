/** The squares of what went into the products with a layer's weights. */
export interface InputSquares {
    /** Of the weights, such as `blk.0.ffn_up.weight`. */
    readonly name: string;
    /** [matrices, width]: sums of squares; one matrix, or one for each expert. */
    readonly sums: Float64Array;
    /** [matrices]: vectors that went into each. */
    readonly rows: Float64Array;
}
