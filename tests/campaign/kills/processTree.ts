import { existsSync, readFileSync } from 'node:fs';
import { setTimeout as wait } from 'node:timers/promises';

/** Children of a process, on Linux, where the campaign runs. */
export function childrenOf(pid: number): number[] {
    try {
        return readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8')
            .split(' ')
            .filter((text) => text !== '')
            .map(Number);
    } catch {
        return []; // gone
    }
}

function isAlive(pid: number): boolean {
    if (!existsSync(`/proc/${pid}/stat`)) return false;
    try {
        // The state comes after the name, which may hold anything; a zombie is dead but not yet waited for.
        return !['Z', 'X'].includes(readFileSync(`/proc/${pid}/stat`, 'latin1').replace(/^.*\) /s, '')[0]!);
    } catch {
        return false;
    }
}

export function killIfAlive(pid: number): void {
    try {
        process.kill(pid, 'SIGKILL');
    } catch {
        // ended by itself in between
    }
}

/** Waits for processes to end; those that have not after some milliseconds. */
export async function stillAliveAfter(pids: readonly number[], milliseconds: number): Promise<number[]> {
    for (const begin = performance.now(); ;) {
        const alive = pids.filter(isAlive);
        if (alive.length === 0 || performance.now() - begin > milliseconds) return alive;
        await wait(5);
    }
}
