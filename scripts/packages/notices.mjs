import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { BuildError } from '../../src/prebuilt/BuildError.mjs';
import { findPackage, packageRoot } from '../../src/prebuilt/packages.mjs';
import { zigPath } from './tools.mjs';

/** @import { Platform } from './platforms.mjs' */

/** The file of a package that holds the licences of what others wrote. */
export const noticesName = 'THIRD-PARTY.md';

/**
 * @param {{ llamaDir: string, release: string }} source llama.cpp's, with ggml in it
 * @param {Platform} [platform] of the package that holds it as machine code; none: the patches' lines alone
 * @returns {string} the licences of what a package of ours holds of others
 * @throws {BuildError} where a licence is missing
 */
export function thirdPartyNotices({ llamaDir, release }, platform) {
    const linked = platform !== undefined;
    const parts = [
        {
            title: `llama.cpp ${release}, with ggml's headers`,
            use: linked
                ? 'Its library is in the addon, changed by the patches of language-neurons (`native/patches`).'
                : 'The patches in `native/patches` and `native/adapter` hold lines of it.',
            file: join(llamaDir, 'LICENSE'),
        },
        ...(linked ? inMachineCode(platform) : inPage()),
    ];
    const sections = parts.map(({ title, use, file }) => {
        let text;
        try {
            text = readFileSync(file, 'utf8').trim();
        } catch (cause) {
            throw new BuildError(`${file}: the licence of ${title} is missing`, { cause });
        }
        return `## ${title}\n\n${use}\n\n${text.replaceAll(/^/gm, '    ').replaceAll(/[ ]+$/gm, '')}\n`;
    });
    const own = 'language-neurons itself is under the MIT licence (LICENSE).';
    return `# What others wrote\n\n${own}\n\n${sections.join('\n')}`;
}

/** What Vite puts into the explorer's page. */
function inPage() {
    return ['preact', '@preact/signals', '@preact/signals-core', 'uplot'].map((name) => {
        const found = findPackage(name, packageRoot);
        return {
            title: `${name} ${found?.manifest.version}`,
            use: "It is in the explorer's page (`dist/explore/page`).",
            file: join(`${found?.dir}`, licenceIn(`${found?.dir}`)),
        };
    });
}

/** @param {string} folder of a package */
function licenceIn(folder) {
    return readdirSync(folder).find((name) => /^licen[cs]e/i.test(name)) ?? 'LICENSE';
}

/**
 * What is linked beside llama.cpp: headers, and the libraries that zig brings.
 *
 * @param {Platform} platform
 */
function inMachineCode({ os }) {
    const addonApi = findPackage('node-addon-api', packageRoot);
    const zigLibraries = join(zigPath(), '..', 'lib');
    return [
        {
            title: `node-addon-api ${addonApi?.manifest.version}`,
            use: 'Its headers are compiled into the addon.',
            file: join(`${addonApi?.dir}`, 'LICENSE.md'),
        },
        {
            title: "LLVM's libc++, libc++abi, libunwind and compiler-rt",
            use: 'They are in the addon as its C++ runtime.',
            file: join(zigLibraries, 'libcxx', 'LICENSE.TXT'),
        },
        ...(os === 'win32'
            ? [
                  {
                      title: "mingw-w64's runtime",
                      use: 'Its start-up code and import libraries are in the addon.',
                      file: join(zigLibraries, 'libc', 'mingw', 'COPYING'),
                  },
              ]
            : []),
    ];
}
