import { execFileSync } from 'node:child_process';
import { loadBackends } from '../../src/engine/native/loadBackends.js';

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

/** A GPU backend to test on, and why not where it is not there. */
export interface GpuUnderTest {
    readonly gpu: 'vulkan' | 'cuda';
    readonly absent: string | undefined;
}

/**
 * Vulkan, on Mesa's software device where no GPU is (ggml passes over software devices unless one is
 * named), and CUDA where it loads.
 */
export async function gpusUnderTest(): Promise<GpuUnderTest[]> {
    install();
    process.env.GGML_VK_VISIBLE_DEVICES ??= '0';
    const absence = (gpu: GpuUnderTest['gpu'], more: string): Promise<GpuUnderTest> =>
        loadBackends(gpu).then(
            () => ({ gpu, absent: undefined }),
            (error: Error) => ({ gpu, absent: error.message + more }),
        );
    return [await absence('vulkan', `; apt-get install ${packages.join(' ')}`), await absence('cuda', '')];
}
