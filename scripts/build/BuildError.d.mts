/** What stops a build or a resolution: one line that says what is wrong and how to mend it. */
export declare class BuildError extends Error {
    readonly code: 'BUILD';
    /** Of a failed compilation, the end of its log as a string. */
    override readonly cause?: unknown;
    constructor(message: string, options?: ErrorOptions);
}
