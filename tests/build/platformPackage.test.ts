import { createHash } from 'node:crypto';
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { currentPlatform } from '../../src/prebuilt/backends.mjs';
import { findPrebuilt, platformPackage } from '../../src/prebuilt/platformPackage.mjs';
import type { AddonFacts } from '../../src/prebuilt/types.js';
import { fakeProject, writeFiles } from './fakePackages.js';

const platform = currentPlatform();
const content = 'machine code';

/** A project with a platform's package that fits, but for what is given. */
function install(facts: Partial<AddonFacts> = {}): { root: string; dir: string } {
    const root = fakeProject({ platform });
    const dir = join(root, 'node_modules', platformPackage);
    const fitting: AddonFacts = {
        formatVersion: 1,
        languageNeurons: '1.2.3',
        nodeLlamaCpp: '9.9.9',
        llamaCpp: 'v1.0.0',
        glibc: '2.34',
        file: 'addon.node',
        bytes: content.length,
        sha256: createHash('sha256').update(content).digest('hex'),
        ggmlFolders: [`../../@node-llama-cpp/${platform}/bins/${platform}`],
    };
    writeFiles(root, { 'package.json': '{ "name": "language-neurons", "version": "1.2.3" }' });
    writeFiles(dir, {
        'package.json': JSON.stringify({ name: platformPackage, version: '1.2.3', main: 'addon.json' }),
        'addon.json': JSON.stringify({ ...fitting, ...facts }),
        'addon.node': content,
    });
    return { root, dir };
}

const find = ({ root }: { root: string }, glibc = '2.36') => findPrebuilt({ root, glibc });
const refused = (why: RegExp) => expect.objectContaining({ name: 'BuildError', message: expect.stringMatching(why) });

test('an addon that fits is taken, with the backends of node-llama-cpp', () => {
    const project = install();
    expect(find(project)).toEqual({
        addon: {
            addonPath: join(project.dir, 'addon.node'),
            ggmlDir: join(project.root, 'node_modules/@node-llama-cpp', platform, 'bins', platform),
            release: 'v1.0.0',
            variants: expect.arrayContaining([expect.objectContaining({ name: 'vulkan' })]),
        },
    });
});

test('there may be none', () => {
    expect(findPrebuilt({ root: fakeProject({ platform }) })).toBeUndefined();
});

describe('one that does not fit is passed over, with the reason and the mend', () => {
    test.each([
        {
            facts: { languageNeurons: '1.2.2' },
            says: /is 1\.2\.2 and language-neurons is 1\.2\.3; npm install .*@1\.2\.3/,
        },
        {
            facts: { nodeLlamaCpp: '9.9.8' },
            says: /for node-llama-cpp 9\.9\.8 and 9\.9\.9 is .*npm install .*@9\.9\.8/,
        },
        { facts: { glibc: '2.100' }, says: /needs glibc 2\.100 or newer and this system has 2\.36; take a newer/ },
    ])('$facts', ({ facts, says }) => {
        expect(find(install(facts))).toEqual({ reason: expect.stringMatching(says) });
    });

    test('another C library', () => {
        const { root } = install();
        expect(findPrebuilt({ root, glibc: '' })).toEqual({ reason: expect.stringMatching(/another C library/) });
    });

    test.skipIf(process.platform === 'win32').each([
        {
            folder: 'elsewhere',
            says: /addon\.node looks for ggml in .*elsewhere and it is in none; .*--include=optional/,
        },
        { folder: '..', says: /addon\.node looks for ggml in .* and not in .*; .* in the same node_modules$/ },
    ])('a ggml that the addon would not find in $folder', ({ folder, says }) => {
        expect(find(install({ ggmlFolders: [folder] }))).toEqual({ reason: expect.stringMatching(says) });
    });

    test('macOS and Windows have no glibc to ask for', () => {
        const { root } = install({ glibc: null });
        expect(findPrebuilt({ root, glibc: '' })).toHaveProperty('addon');
    });
});

describe('a broken installation is refused in one line, with the mend', () => {
    test('a damaged addon', () => {
        const project = install();
        for (const other of ['machine c0de', 'machine']) {
            writeFileSync(join(project.dir, 'addon.node'), other);
            expect(() => find(project)).toThrow(refused(/addon\.node: damaged.*remove .*run npm install$/));
        }
    });

    test('no addon', () => {
        const project = install();
        rmSync(join(project.dir, 'addon.node'));
        expect(() => find(project)).toThrow(refused(/addon\.node: missing or unreadable; reinstall it/));
    });

    test.each([
        { name: 'garbled facts', text: '{', says: /addon\.json: missing or damaged; reinstall it/ },
        {
            name: 'facts of another format',
            text: '{ "formatVersion": 2 }',
            says: /version 2 of the format, 1 is known/,
        },
    ])('$name', ({ text, says }) => {
        const project = install();
        writeFileSync(join(project.dir, 'addon.json'), text);
        expect(() => find(project)).toThrow(refused(says));
    });

    test('no ggml, as after npm install --omit=optional', () => {
        const project = install();
        rmSync(join(project.root, 'node_modules/@node-llama-cpp'), { recursive: true });
        expect(() => find(project)).toThrow(refused(/No prebuilt ggml .*npm install --include=optional/));
    });
});
