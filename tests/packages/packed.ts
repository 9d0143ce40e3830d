import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { platforms } from '../../scripts/packages/platforms.mjs';

export const outDir = resolve('build/packages');

/** Names of the platforms whose packages are looked at: this machine's, or those in LANGUAGE_NEURONS_PLATFORMS. */
const asked = process.env.LANGUAGE_NEURONS_PLATFORMS ?? `${process.platform}-${process.arch}`;
export const platformsHere = platforms.filter(({ name }) => asked === 'all' || asked.split(',').includes(name));

/**
 * Packs language-neurons and the platforms' packages that are looked at; what did not change is not compiled again.
 * LANGUAGE_NEURONS_PACKED=1 takes the tarballs that are there.
 */
export function packAll(): void {
    if (process.env.LANGUAGE_NEURONS_PACKED === '1') return;
    const names = ['main', ...platformsHere.map(({ name }) => name)];
    execFileSync(process.execPath, ['scripts/packages/package.mjs', ...names], {
        stdio: ['ignore', 'ignore', 'inherit'],
    });
}

/** Path of a tarball, by its name without the version. */
export function tarball(name: string): string {
    const found = existsSync(outDir) ? readdirSync(outDir) : [];
    const file = found.find((candidate) => new RegExp(`^${name}-\\d.*\\.tgz$`).test(candidate));
    if (file === undefined) throw new Error(`${outDir} has no ${name}: npm run package makes it`);
    return join(outDir, file);
}

/** Paths and sizes in bytes of what a tarball holds. */
export function contents(path: string): Map<string, number> {
    const lines = execFileSync('tar', ['tvzf', path], { encoding: 'utf8' }).trim().split('\n');
    return new Map(
        lines.map((line) => {
            const [, , size, , , ...rest] = line.split(/\s+/);
            return [rest.join(' ').replace(/^package\//, ''), Number(size)];
        }),
    );
}
