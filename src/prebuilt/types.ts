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
    /** Folder from which the packages of binaries are looked for; default: node-llama-cpp's. */
    binariesFrom?: string | undefined;
}

/** What an addon is loaded from, and the backends that go with it. */
export interface Built {
    /** The Node addon. */
    addonPath: string;
    /** Folder of libggml and of the CPU backends; on Windows it must be on PATH before the addon is loaded. */
    ggmlDir: string;
    /** Release of llama.cpp, for example 'v0.4.0'. */
    release: string;
    variants: Variant[];
}

/** What an addon of a platform's package was made for, as its addon.json says. */
export interface AddonFacts {
    formatVersion: number;
    /** Version of language-neurons, node-llama-cpp and llama.cpp that it goes with. */
    languageNeurons: string;
    nodeLlamaCpp: string;
    llamaCpp: string;
    /** Oldest glibc with which it and the prebuilt ggml load, such as `2.34`; null where the platform has none. */
    glibc: string | null;
    /** The addon's file, its size and SHA-256 in hex. */
    file: string;
    bytes: number;
    sha256: string;
    /** Where the addon looks for ggml, from its own folder, in this order; empty on Windows, which goes by PATH. */
    ggmlFolders: string[];
}
