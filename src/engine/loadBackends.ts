import { createRequire } from 'node:module';
import { LanguageNeuronsError } from '../errors.js';
import { ensureBuilt } from '../../scripts/build/ensure.mjs';
import { showProgress } from '../../scripts/build/progress.mjs';
import type { NativeAddon, NativeDevice } from './addon.js';
import { backendReason, deviceReason } from './backendReason.js';

/** `auto` takes the best GPU backend that loads and has a device, else the CPU. */
export type GpuChoice = 'auto' | 'off' | 'cuda' | 'vulkan' | 'metal';

/** The addon with its backends registered. */
export interface LoadedBackends {
    readonly addon: NativeAddon;
    /** What ggml calls the backend whose devices models go to; empty: the CPU. */
    readonly backend: string;
    /** The variant in use. */
    readonly variant: 'cpu' | 'cuda' | 'vulkan' | 'metal';
    /** Why each other variant is not in use. */
    readonly refused: readonly { readonly variant: string; readonly reason: string }[];
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
 * Loads the addon, built first where it is not yet, and the backends for the choice.
 * @throws LanguageNeuronsError BUILD, or UNSUPPORTED where the asked-for GPU backend does not load
 */
export async function loadBackends(choice: GpuChoice): Promise<LoadedBackends> {
    // npm may have skipped our install script: the first use builds then, and says so on stderr.
    const built = await ensureBuilt({ progress: showProgress() }).catch((cause: Error) => {
        throw new LanguageNeuronsError('BUILD', cause.message, { cause });
    });
    if (addon === undefined) {
        // Windows has no path of libraries inside the library.
        if (process.platform === 'win32') process.env.PATH = `${built.ggmlDir};${process.env.PATH ?? ''}`;
        try {
            addon = createRequire(import.meta.url)(built.addonPath) as NativeAddon;
        } catch (cause) {
            throw new LanguageNeuronsError(
                'BUILD', `${built.addonPath}: cannot be loaded (${(cause as Error).message}); remove the build folder and run npm run build`, { cause },
            );
        }
        addon.loadBackends(built.ggmlDir);
    }
    const refused: { variant: string; reason: string }[] = [];
    const wanted = choice === 'off' ? [] : preference.filter((name) => choice === 'auto' || name === choice);
    for (const name of wanted) {
        const variant = built.variants.find((candidate) => candidate.name === name);
        if (variant === undefined) {
            refused.push({ variant: name, reason: 'no prebuilt backend of it is installed for this platform' });
            continue;
        }
        const reason = register(addon, variant);
        if (reason === undefined) {
            const backend = backendNames[name]!;
            const devices = addon.devices().filter((device) => device.kind !== 'gpu' || device.backend === backend);
            return { addon, backend, variant: name, refused, devices, release: built.release };
        }
        refused.push({ variant: name, reason });
    }
    if (choice !== 'auto' && choice !== 'off') {
        const why = refused.map(({ reason }) => reason).join('; ');
        throw new LanguageNeuronsError('UNSUPPORTED', `the ${choice} backend cannot be used: ${why}; use --gpu off or --gpu auto`);
    }
    return { addon, backend: '', variant: 'cpu', refused, devices: addon.devices().filter(({ kind }) => kind !== 'gpu'), release: built.release };
}

/** Registers a variant's plugin once; answers why it cannot be used, or undefined. */
function register(addon: NativeAddon, variant: { name: string; plugins: readonly string[] }): string | undefined {
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
    if (!loaded) return backendReason(errors.get(variant.name)!) || `${variant.plugins.join(', ')} cannot be loaded`;
    const found = addon.devices().some((device) => device.kind === 'gpu' && device.backend === backendNames[variant.name]);
    return found ? undefined : deviceReason(variant.name);
}
