import { availableParallelism } from 'node:os';

let known: Promise<number> | undefined;

/**
 * Threads that a CPU computes fastest with: one a physical core, of the fast ones where there are two kinds, and
 * never more than this process may use. A second thread of a core adds nothing to matrix products.
 */
export function defaultThreads(): Promise<number> {
    const read = async () => (await import('systeminformation')).cpu(); // 0.7 MB, for commands that compute alone
    known ??= read().then(
        ({ physicalCores, performanceCores }) => {
            const told = [physicalCores, performanceCores ?? 0].filter((count) => count >= 1);
            return Math.min(availableParallelism(), ...told);
        },
        () => availableParallelism(),
    );
    return known;
}
