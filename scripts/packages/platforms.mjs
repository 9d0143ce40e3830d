/**
 * A platform that gets a package of its own, `@language-neurons/<name>`.
 *
 * @typedef {object} Platform
 * @property {string} name
 * @property {string} os in npm's (and Node's) words
 * @property {string} cpu in npm's words
 * @property {string} nodeLlamaCpp in node-llama-cpp's words
 * @property {string} binaries node-llama-cpp's package of the ggml that the addon is linked with
 * @property {string} title for people
 */

/** @type {readonly Platform[]} */
export const platforms = [
    describe('linux-x64', 'linux', 'x64', 'linux-x64', 'Linux on x86-64 (glibc)'),
    describe('linux-arm64', 'linux', 'arm64', 'linux-arm64', 'Linux on ARM64 (glibc)'),
    describe('macos-arm64', 'darwin', 'arm64', 'mac-arm64', 'macOS on Apple silicon', '-metal'),
    describe('macos-x64', 'darwin', 'x64', 'mac-x64', 'macOS on Intel'),
    describe('windows-x64', 'win32', 'x64', 'win-x64', 'Windows on x86-64'),
];

/**
 * @param {string} name
 * @param {string} os
 * @param {string} cpu
 * @param {string} nodeLlamaCpp
 * @param {string} title
 * @param {string} [ending] of the package's name, after the platform's
 * @returns {Platform}
 */
function describe(name, os, cpu, nodeLlamaCpp, title, ending = '') {
    return { name, os, cpu, nodeLlamaCpp, title, binaries: `@node-llama-cpp/${nodeLlamaCpp}${ending}` };
}
