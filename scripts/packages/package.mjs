// npm run package [-- platform…]: makes the packages that need no compiler, all of them or those named (and `main`,
// language-neurons itself), in build/packages. What is published is these tarballs: npm publish build/packages/X.tgz.
import { mkdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { BuildError } from '../../src/prebuilt/BuildError.mjs';
import { packageRoot } from '../../src/prebuilt/packages.mjs';
import { reportFailure } from '../build/build.mjs';
import { takeLock } from '../build/lock.mjs';
import { packMain } from './mainPackage.mjs';
import { packPlatform } from './platformPackage.mjs';
import { platforms } from './platforms.mjs';

const mainName = 'main';
const outDir = join(packageRoot, 'build', 'packages');

async function main() {
    const known = [mainName, ...platforms.map(({ name }) => name)];
    const asked = process.argv.slice(2);
    const unknown = asked.find((name) => !known.includes(name));
    if (unknown !== undefined) throw new BuildError(`unknown package ${unknown}: choose from ${known.join(', ')}`);
    const wanted = asked.length === 0 ? known : asked;

    mkdirSync(outDir, { recursive: true });
    const lock = await takeLock(join(outDir, 'lock'), ({ pid }) => console.error(`Waiting for process ${pid}`));
    try {
        for (const name of wanted) {
            const start = performance.now();
            const platform = platforms.find((candidate) => candidate.name === name);
            const tarball = platform === undefined ? packMain(outDir) : packPlatform(platform, outDir);
            const seconds = Math.round((performance.now() - start) / 1000);
            console.log(`${tarball} (${statSync(tarball).size.toLocaleString('en')} bytes, ${seconds} s)`);
        }
    } finally {
        lock.release();
    }
}

await main().catch(reportFailure);
