import { closeSync, linkSync, mkdirSync, openSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

const pollMs = 250;

/** @typedef {{ pid: number, child?: number }} Owner */
/** @typedef {{ setChild(pid: number | undefined): void, release(): void }} Lock */

/**
 * Takes the lock, waiting for as long as a living process holds it.
 *
 * @param {string} file
 * @param {(owner: Owner) => void} onWait called once, when there is someone to wait for
 * @returns {Promise<Lock>}
 */
export async function takeLock(file, onWait) {
    mkdirSync(dirname(file), { recursive: true });
    for (let waiting = false; ; await sleep(pollMs)) {
        if (tryCreate(file)) return heldLock(file);
        const content = read(file);
        if (content === undefined) continue;
        const owner = parse(content);
        if (!owner || !isAlive(owner)) {
            removeStale(file, content);
        } else if (!waiting) {
            waiting = true;
            onWait(owner);
        }
    }
}

/** @param {string} file */
function tryCreate(file) {
    // made whole elsewhere and then linked: a lock is never seen half written
    const draft = `${file}.${process.pid}`;
    writeFileSync(draft, JSON.stringify({ pid: process.pid }));
    try {
        linkSync(draft, file);
        return true;
    } catch (error) {
        if (/** @type {NodeJS.ErrnoException} */ (error).code === 'EEXIST') return false;
        return tryOpen(file);
    } finally {
        rmSync(draft, { force: true });
    }
}

/**
 * For file systems without hard links.
 *
 * @param {string} file
 */
function tryOpen(file) {
    try {
        const handle = openSync(file, 'wx');
        writeFileSync(handle, JSON.stringify({ pid: process.pid }));
        closeSync(handle);
        return true;
    } catch (error) {
        if (/** @type {NodeJS.ErrnoException} */ (error).code === 'EEXIST') return false;
        throw error;
    }
}

/**
 * @param {string} file
 * @returns {Lock}
 */
function heldLock(file) {
    const release = () => {
        process.off('exit', release);
        rmSync(file, { force: true });
    };
    process.on('exit', release);
    return {
        // a compiler outlives a killed build for a moment, and must be waited for too
        setChild: (child) => {
            writeFileSync(`${file}.${process.pid}`, JSON.stringify({ pid: process.pid, child }));
            renameSync(`${file}.${process.pid}`, file);
        },
        release,
    };
}

/**
 * Of several that find the same stale lock, one moves it away; who moved a fresh one by accident puts it back.
 *
 * @param {string} file
 * @param {string} stale
 */
function removeStale(file, stale) {
    const moved = `${file}.${process.pid}.stale`;
    try {
        renameSync(file, moved);
        if (read(moved) !== stale) linkSync(moved, file);
    } catch {
        // another was faster
    } finally {
        rmSync(moved, { force: true });
    }
}

/**
 * @param {string} file
 * @returns {string | undefined}
 */
function read(file) {
    try {
        return readFileSync(file, 'utf8');
    } catch {
        return undefined;
    }
}

/**
 * @param {string} content
 * @returns {Owner | undefined}
 */
function parse(content) {
    try {
        return JSON.parse(content);
    } catch {
        return undefined;
    }
}

/** @param {Owner} owner */
function isAlive({ pid, child }) {
    return [pid, child === undefined || process.platform === 'win32' ? child : -child].some((id) => {
        if (id === undefined) return false;
        try {
            process.kill(id, 0);
            return true;
        } catch (error) {
            return /** @type {NodeJS.ErrnoException} */ (error).code === 'EPERM';
        }
    });
}
