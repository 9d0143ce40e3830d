import type { Built, Choice } from '../../src/prebuilt/types.js';

export interface ProgressEvent {
    /** 0 to 100. */
    percent: number;
    /** An estimate; undefined in the first tenth. */
    secondsLeft: number | undefined;
    message: string;
}

/** What is chosen stays chosen: default as in the last build, at first the prebuilt ggml without further backends. */
export interface BuildOptions extends Partial<Choice> {
    /** Folder of the package; default: ours. */
    root?: string;
    /** The addon and the adapter under ASan and UBSan, in a folder of their own; Linux. Default false. */
    sanitize?: boolean;
    /** Print nothing. */
    quiet?: boolean;
    /** Called for every new percent, instead of printing it. */
    progress?: ((event: ProgressEvent) => void) | undefined;
}

export interface Made extends Built {
    /** false: it was up to date. */
    built: boolean;
}

/** Brings the addon and libllama up to date; does nothing when they are. Throws BuildError. */
export declare function build(options?: BuildOptions): Promise<Made>;

export declare function reportFailure(error: unknown): void;
