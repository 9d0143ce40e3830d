export interface Variant {
    name: 'cpu' | 'cuda' | 'vulkan' | 'metal' | 'rpc';
    /** Folder of the variant's backends. */
    dir: string;
    /**
     * Files to try in order with ggml_backend_load() until one loads; for 'cpu' the one built for this very processor,
     * where there is one: else the best prebuilt one is chosen by ggml_backend_load_all_from_path(dir).
     */
    plugins: string[];
}

export interface Prebuilt {
    /** Folder of the libggml and libggml-base that we link with; all variants load into these. */
    ggmlDir: string;
    /** Path of libggml. */
    ggml: string;
    /** Path of libggml-base. */
    ggmlBase: string;
    /** Name of libllama without prefix and suffix, as node-llama-cpp's own addon asks for it. */
    llamaName: string;
}

export interface Backends {
    /** In node-llama-cpp's words, for example 'linux-x64'. */
    platform: string;
    /** Folder and version of node-llama-cpp. */
    dir: string;
    packageVersion: string;
    /** Git bundle of llama.cpp's source. */
    bundle: string;
    /** Release of llama.cpp that the binaries were built from; equal to llamaVersion. */
    release: string;
    llamaVersion: string;
    /** null when ggml is to be built from source too. */
    prebuilt: Prebuilt | null;
    /** Empty when ggml is to be built from source too. */
    variants: Variant[];
    /** Backends to build from source. */
    plugins: readonly string[];
}

/** What is built from source beside libllama. */
export interface Choice {
    /** ggml too. */
    fromSource: boolean;
    /** Backends beside the CPU's, by name. */
    plugins: readonly string[];
}

/** Default: the prebuilt binaries and no more. */
export interface ResolveOptions extends Partial<Choice> {
    /** Folder of the package that depends on node-llama-cpp; default: ours. */
    from?: string;
    /** Default: the current one. */
    platform?: string;
}

/** Finds llama.cpp's source and the prebuilt ggml backends; throws BuildError. */
export declare function resolveBackends(options?: ResolveOptions): Backends;

/** The variants whose backends lie in these folders. */
export declare function listVariants(dirs: string[], ggmlDir: string): Variant[];

/** Names of backends that can be built from source, out of `cuda,rpc`; throws BuildError. */
export declare function parsePlugins(text: string): string[];

export declare function isPlugin(name: string): boolean;

/** What a build is asked for in words; undefined what was left to the last build. Throws BuildError. */
export declare function parseChoice(asked: {
    fromSource?: boolean | undefined;
    prebuilt?: boolean | undefined;
    plugins?: string | undefined;
}): Partial<Choice>;

export declare function currentPlatform(): string;
