import { execFileSync } from 'node:child_process';
import { type LoadedBackends, loadBackends } from '../../src/engine/loadBackends.js';

const packages = ['libvulkan1', 'mesa-vulkan-drivers'];

/** Debian's loader and software device, where this process may install them. */
function install(): void {
    if (process.env.CI === undefined || process.platform !== 'linux' || process.getuid?.() !== 0) return;
    try {
        execFileSync('dpkg', ['-s', ...packages], { stdio: 'ignore' });
    } catch {
        try {
            execFileSync('apt-get', ['update', '-qq'], { stdio: 'ignore' });
            execFileSync('apt-get', ['install', '-y', '-qq', ...packages], { stdio: 'ignore' });
        } catch {
            // the test skips, with the loader's own reason
        }
    }
}

/**
 * The Vulkan backend, on Mesa's software device where no GPU is. ggml passes over software devices
 * unless one is named.
 * @returns the backend, or the reason to skip
 */
export async function vulkan(): Promise<LoadedBackends | string> {
    install();
    process.env.GGML_VK_VISIBLE_DEVICES ??= '0';
    try {
        return await loadBackends('vulkan');
    } catch (error) {
        return `${(error as Error).message}; apt-get install ${packages.join(' ')}`;
    }
}
