import type { Backends, Choice } from '../../src/prebuilt/types.js';

/** Everything that decides what the build makes, by name. */
export type Inputs = Record<string, string>;

export interface Stamp {
    inputs: Inputs;
    /** Sizes in bytes, by file. */
    outputs: Record<string, number>;
}

export declare function installedInputs(root: string, backends: Backends): Inputs;
export declare function computeInputs(build: {
    root: string;
    backends: Backends;
    compiler: string | undefined;
}): Inputs;
/** The names of the inputs that differ. */
export declare function changedInputs(before: Inputs, after: Inputs): string[];
/** What a build was made with; for none, the prebuilt ggml alone. */
export declare function choiceOf(stamp: Stamp | undefined): Choice;
/** undefined when there is none, or an output is missing or damaged. */
export declare function readStamp(outputDir: string): Stamp | undefined;
export declare function writeStamp(outputDir: string, build: { inputs: Inputs; time: Date }): void;
export declare function sourcesAreNewer(root: string, outputDir: string): boolean;
export declare function touchStamp(outputDir: string, time: Date): void;
export declare function removeStamp(outputDir: string): void;
export declare function listLibraries(outputDir: string): string[];
