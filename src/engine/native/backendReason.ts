/** How to get the libraries that backends need and this package does not bring. */
const mends: readonly (readonly [library: RegExp, mend: string])[] = [
    [
        /libcudart|libcublas|cublas64|cudart64/,
        "install the CUDA runtime and cuBLAS of that version (from NVIDIA's packages, " +
            'or pip install nvidia-cuda-runtime nvidia-cublas) and put their folder on the library path ' +
            '(LD_LIBRARY_PATH)',
    ],
    [/libcuda\.|nvcuda/, 'install the NVIDIA driver'],
    [/libvulkan|vulkan-1/, 'install the Vulkan loader (Debian: apt-get install libvulkan1) and a driver for the GPU'],
];

/** Says why a backend's plugin did not load: the name of the missing library, and how to get it. */
export function backendReason(errors: string): string {
    const library =
        /(?:: |^)([^\s:/]+\.(?:so|dll|dylib)[.\d]*): cannot open shared object/.exec(errors)?.[1] ??
        /failed to load .*?([^\\/\s]+\.dll)/i.exec(errors)?.[1];
    if (library === undefined) return errors;
    const mend = mends.find(([name]) => name.test(library))?.[1];
    return `${library} is missing${mend === undefined ? '' : `; ${mend}`}`;
}

/** Says why a loaded backend has no device. */
export function deviceReason(backend: string): string {
    return backend === 'vulkan'
        ? 'it found no GPU (software devices are passed over; ' +
              'GGML_VK_VISIBLE_DEVICES=0 takes the first device, whatever it is)'
        : 'it found no device';
}
