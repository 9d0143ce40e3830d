import { createRequire } from 'node:module';
import { LanguageNeuronsError } from '../../errors.js';
import type { Built } from '../../prebuilt/types.js';
import type { NativeAddon, NativeDevice } from './addon.js';
import { backendReason, deviceReason } from './backendReason.js';
import type { GpuChoice } from '../types/engineTypes.js';
import { findAddon } from './findAddon.js';
import { addServers, checkDeviceCount } from './rpcServers.js';
import { findByPath } from './windowsLibraries.js';

/** The addon with its backends registered. */
export interface LoadedBackends {
    readonly addon: NativeAddon;
    /** Devices that models go to, those of RPC servers first; empty: the CPU alone. */
    readonly gpus: readonly NativeDevice[];
    /** What they are, for people. */
    readonly place: string;
    /** The variant in use. */
    readonly variant: 'cpu' | 'cuda' | 'vulkan' | 'metal';
    /** Its name, and how many RPC servers there are beside it. */
    readonly name: string;
    /** Why each other variant is not in use. */
    readonly refused: readonly { readonly variant: string; readonly reason: string }[];
    /** The processor's and `gpus`. */
    readonly devices: readonly NativeDevice[];
    /** Release of llama.cpp. */
    readonly release: string;
}

/** Best first; the order of `auto`. */
const preference = ['cuda', 'metal', 'vulkan'] as const;

/** What ggml calls each variant's backend. */
const backendNames: Readonly<Record<string, string>> = { cuda: 'CUDA', metal: 'MTL', vulkan: 'Vulkan' };

let addon: NativeAddon | undefined;
const registered = new Map<string, boolean>();
/** Why a variant did not load, as ggml says it. */
const errors = new Map<string, string>();

/**
 * The addon with the CPU backend.
 * @throws LanguageNeuronsError BUILD
 */
export async function loadAddon(): Promise<{ addon: NativeAddon; built: Built }> {
    const built = await findAddon();
    if (addon === undefined) {
        if (process.platform === 'win32') findByPath(built.ggmlDir);
        try {
            addon = createRequire(import.meta.url)(built.addonPath) as NativeAddon;
        } catch (cause) {
            throw new LanguageNeuronsError(
                'BUILD',
                `${built.addonPath}: cannot be loaded (${(cause as Error).message}); ${mend(cause as Error)}`,
                { cause },
            );
        }
        const own = built.variants.find(({ name, plugins }) => name === 'cpu' && plugins.length > 0);
        if (own === undefined || load(addon, own) !== undefined) addon.loadBackends(built.ggmlDir);
    }
    return { addon, built };
}

/** Our libllama stands in for node-llama-cpp's where it comes first, and not where theirs was loaded before. */
const mend = ({ message }: Error): string =>
    message.includes('undefined symbol')
        ? 'where node-llama-cpp is used in the same process, call prepareNeurons or open the engine first'
        : 'remove the build folder and run npm run build, or install language-neurons again';

/**
 * Loads the addon and ggml's RPC backend.
 * @throws LanguageNeuronsError BUILD, or UNSUPPORTED where it was not built
 */
export async function loadRpc(): Promise<NativeAddon> {
    const { addon, built } = await loadAddon();
    const variant = built.variants.find(({ name }) => name === 'rpc');
    const reason = variant === undefined ? 'this build has none' : load(addon, variant);
    if (reason === undefined) return addon;
    throw new LanguageNeuronsError(
        'UNSUPPORTED',
        `ggml's RPC backend cannot be used: ${reason}; run npm run build -- --with rpc (docs/rpc.md)`,
    );
}

/**
 * Loads the addon and the backends for the choice, and connects to RPC servers.
 * @param servers as `host:port`
 * @throws LanguageNeuronsError BUILD, or UNSUPPORTED where the asked-for backend does not load; as `addServers`
 */
export async function loadBackends(choice: GpuChoice, servers: readonly string[] = []): Promise<LoadedBackends> {
    const { addon, built } = await loadAddon();
    const { variant, refused } = chooseVariant(addon, built, choice);
    const remote = servers.length === 0 ? [] : await addServers(await loadRpc(), servers);
    const found = addon.devices();
    const gpus = [
        ...remote.map((name) => found.find((device) => device.name === name)!),
        ...found.filter(({ kind, backend }) => kind === 'gpu' && backend === backendNames[variant]),
    ];
    checkDeviceCount(gpus.length);
    const devices = [...found.filter(({ kind }) => kind !== 'gpu'), ...gpus];
    const common = { addon, gpus, variant, refused, devices, release: built.release };
    if (servers.length === 0) return { ...common, name: variant, place: 'the GPU' };
    const name = `${variant} with ${servers.length} RPC server${servers.length === 1 ? '' : 's'}`;
    return { ...common, name, place: gpus.length > remote.length ? 'the servers and the GPU' : 'the servers' };
}

/** The best variant that a choice allows, and why those before it are not used. */
function chooseVariant(
    addon: NativeAddon,
    { variants }: Built,
    choice: GpuChoice,
): Pick<LoadedBackends, 'variant' | 'refused'> {
    const refused: { variant: string; reason: string }[] = [];
    const wanted = choice === 'off' ? [] : preference.filter((name) => choice === 'auto' || name === choice);
    for (const name of wanted) {
        const variant = variants.find((candidate) => candidate.name === name);
        if (variant === undefined) {
            refused.push({ variant: name, reason: 'no prebuilt backend of it is installed for this platform' });
            continue;
        }
        const reason = load(addon, variant) ?? lacksDevice(addon, name);
        if (reason === undefined) return { variant: name, refused };
        refused.push({ variant: name, reason });
    }
    if (choice !== 'auto' && choice !== 'off') {
        const why = refused.map(({ reason }) => reason).join('; ');
        throw new LanguageNeuronsError(
            'UNSUPPORTED',
            `the ${choice} backend cannot be used: ${why}; use \`gpu: off\` or \`gpu: auto\``,
        );
    }
    return { variant: 'cpu', refused };
}

/** Loads a variant's plugin once; answers why it cannot be, or undefined. */
function load(addon: NativeAddon, variant: { name: string; plugins: readonly string[] }): string | undefined {
    let loaded = registered.get(variant.name);
    if (loaded === undefined) {
        const why: string[] = [];
        loaded = variant.plugins.some((plugin) => {
            const reason = addon.loadBackend(plugin);
            if (reason !== null) why.push(reason);
            return reason === null;
        });
        registered.set(variant.name, loaded);
        errors.set(variant.name, why[0] ?? ''); // of the plugin that was tried first: the others are for older drivers
    }
    if (loaded) return undefined;
    return backendReason(errors.get(variant.name)!) || `${variant.plugins.join(', ')} cannot be loaded`;
}

function lacksDevice(addon: NativeAddon, variant: string): string | undefined {
    const found = addon.devices().some(({ kind, backend }) => kind === 'gpu' && backend === backendNames[variant]);
    return found ? undefined : deviceReason(variant);
}
