// A setup file: this worker, and all that it starts, keeps to one core, the next one to another. Files of tests then
// run beside each other as on machines of one core: engines take one thread, and none waits at a barrier for a thread
// whose core another file has. Elsewhere than on Linux nothing is kept.
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

/** Cores that this process may use, as in `0-1,4`. */
function ownCores(): number[] {
    const [, list] = /^Cpus_allowed_list:\s*(\S+)$/m.exec(readFileSync('/proc/self/status', 'utf8'))!;
    return list!.split(',').flatMap((range) => {
        const [first, last] = range.split('-').map(Number);
        return Array.from({ length: (last ?? first!) - first! + 1 }, (_, i) => first! + i);
    });
}

if (process.platform === 'linux') {
    const cores = ownCores();
    const core = cores[(Number(process.env.VITEST_POOL_ID) - 1) % cores.length]!;
    execFileSync('taskset', ['--all-tasks', '--cpu-list', '--pid', String(core), String(process.pid)]);
}
