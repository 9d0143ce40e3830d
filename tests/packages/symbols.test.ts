import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { fetchBinaries } from '../../scripts/packages/binaries.mjs';
import { checkAddon } from '../../scripts/packages/checkAddon.mjs';
import { resolveBackends } from '../../src/prebuilt/backends.mjs';
import { readFileSync } from 'node:fs';
import { outDir, platformsHere } from './packed.js';

describe.each(platformsHere)('the addon of $name', (platform) => {
    const folder = join(outDir, platform.name, 'package');
    const check = (ggml = platform) => {
        const { prebuilt } = resolveBackends({ platform: ggml.nodeLlamaCpp, binariesFrom: fetchBinaries(ggml) });
        const { ggmlFolders } = JSON.parse(readFileSync(join(folder, 'addon.json'), 'utf8'));
        return checkAddon({ platform, addon: join(folder, 'language_neurons.node'), prebuilt: prebuilt!, ggmlFolders });
    };

    it('has its format, needs nothing but ggml, Node and the system, and each of its symbols has an owner', () => {
        const { problems, imports } = check();
        expect(problems).toEqual([]);
        expect(imports.ggml).toBeGreaterThan(100);
        expect(imports.node).toBeGreaterThan(30);
        expect(imports.system).toBeGreaterThan(20);
    });
});
