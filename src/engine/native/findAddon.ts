import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { pathToFileURL } from 'node:url';
import { LanguageNeuronsError } from '../../errors.js';
import { BuildError } from '../../prebuilt/BuildError.mjs';
import { packageRoot } from '../../prebuilt/packages.mjs';
import { findPrebuilt } from '../../prebuilt/platformPackage.mjs';
import type { Built } from '../../prebuilt/types.js';

let found: Promise<Built> | undefined;

/**
 * The addon to load, found once a process: what was built here, which is brought up to date first; else the package of
 * this platform; else it is built now, as npm may have skipped the install script. `LANGUAGE_NEURONS_BUILD=sanitize`
 * takes the sanitized build and `LANGUAGE_NEURONS_PACKAGE=folder` a platform's package, for tests.
 * @throws LanguageNeuronsError BUILD
 */
export function findAddon(): Promise<Built> {
    found ??= find().catch((cause: Error) => {
        found = undefined; // what is mended can be tried again
        throw cause;
    });
    return found;
}

async function find(): Promise<Built> {
    const dir = process.env.LANGUAGE_NEURONS_PACKAGE;
    const builtHere =
        process.env.LANGUAGE_NEURONS_BUILD !== undefined || existsSync(join(packageRoot, 'build/Release/stamp.json'));
    if (dir === undefined && builtHere) return (await currentBuild()) ?? build();
    const prebuilt = lookForPrebuilt(dir);
    if (prebuilt !== undefined && 'addon' in prebuilt) return prebuilt.addon;
    if (dir !== undefined) throw new LanguageNeuronsError('BUILD', prebuilt?.reason ?? `${dir}: no such package`);
    return build(prebuilt?.reason);
}

function lookForPrebuilt(dir: string | undefined): ReturnType<typeof findPrebuilt> {
    try {
        return findPrebuilt({ dir });
    } catch (cause) {
        if (!(cause instanceof BuildError)) throw cause;
        throw new LanguageNeuronsError('BUILD', cause.message, { cause });
    }
}

const buildScripts = join(packageRoot, 'scripts/build');

/** The source build where it is up to date: what is wrong with one that is not, a build says. */
async function currentBuild(): Promise<Built | undefined> {
    const script = pathToFileURL(join(buildScripts, 'current.mjs')).href;
    const module = (await import(script)) as { readonly currentBuild: () => Built | undefined };
    try {
        return module.currentBuild();
    } catch {
        return undefined;
    }
}

/**
 * A source build, by the build script as a process of its own, which shows its progress on stderr.
 * @param reason why the package of this platform is not taken
 */
async function build(reason?: string): Promise<Built> {
    const script = join(buildScripts, 'locate.mjs');
    const child = spawn(process.execPath, [script], { stdio: ['ignore', 'pipe', 'inherit'] });
    const stop = (): void => void child.kill();
    process.once('exit', stop);
    try {
        const ended = new Promise<number | null>((done, failed) => child.on('error', failed).on('close', done));
        const [answer, code] = await Promise.all([text(child.stdout), ended]);
        const told = code === 0 ? (JSON.parse(answer) as Built | { error: string }) : { error: `${script} failed` };
        if (!('error' in told)) return told;
        const why = reason === undefined ? '' : `${reason}; building from source instead: `;
        throw new LanguageNeuronsError('BUILD', `${why}${told.error}`);
    } finally {
        process.off('exit', stop);
    }
}
