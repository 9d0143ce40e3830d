/** The counts of each site. */
export interface SiteCounts {
    /** [experts * width], expert by expert: counted tokens with a positive activation. */
    readonly counts: BigInt64Array[];
    /** [experts] of a routed site, else empty: counted tokens that went through the expert. */
    readonly routed: BigInt64Array[];
    /** [experts * width] in the mode `values`: sums of counted tokens' activations, in units of 2^-20. Else no site. */
    readonly sums: BigInt64Array[];
    /**
     * [width, bins] in the mode `values`, empty where the site is routed: counted tokens in each bin, of all tokens on
     * the CPU, else of every 16th of a batch. Else no site.
     */
    readonly histograms: Uint32Array[];
    readonly tokens: bigint;
}
