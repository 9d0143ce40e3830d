import type { Backends } from './backends.mjs';

/** Everything that decides what the build makes, by name. */
export type Inputs = Record<string, string>;

export interface Stamp {
    inputs: Inputs;
    /** Sizes in bytes, by file. */
    outputs: Record<string, number>;
}

export declare function installedInputs(root: string, backends: Backends): Inputs;
export declare function computeInputs(build: { root: string; backends: Backends; compiler: string | undefined }): Inputs;
/** The names of the inputs that differ. */
export declare function changedInputs(before: Inputs, after: Inputs): string[];
/** The GPU backends that were built from source; false where the prebuilt ones are used. */
export declare function wasFromSource(stamp: Stamp | undefined): string[] | false;
/** undefined when there is none, or an output is missing or damaged. */
export declare function readStamp(outputDir: string): Stamp | undefined;
export declare function writeStamp(outputDir: string, build: { inputs: Inputs; time: Date }): void;
export declare function sourcesAreNewer(root: string, outputDir: string): boolean;
export declare function touchStamp(outputDir: string, time: Date): void;
export declare function removeStamp(outputDir: string): void;
export declare function listLibraries(outputDir: string): string[];
