import type { Backends, Choice, Variant } from './backends.mjs';

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

export interface Built {
    /** false: it was up to date. */
    built: boolean;
    /** The Node addon. */
    addonPath: string;
    /** Our libllama, which the addon finds by itself. */
    llamaPath: string;
    /** Folder of libggml and of the CPU backends; on Windows it must be on PATH before the addon is loaded. */
    ggmlDir: string;
    /** Release of llama.cpp, for example 'v0.4.0'. */
    release: string;
    variants: Variant[];
}

/** Brings the addon and libllama up to date; does nothing when they are. Throws BuildError. */
export declare function build(options?: BuildOptions): Promise<Built>;

/** Folder of a build's libraries. */
export declare function folderOf(root: string, sanitize: boolean): string;
export declare function describeBuild(outputDir: string, backends: Backends, built: boolean): Built;
export declare function reportFailure(error: unknown): void;
export declare const ADDON: string;
