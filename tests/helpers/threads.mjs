import { availableParallelism } from 'node:os';

/** Two, to compute on several; one where a process keeps to one core: two would wait there at every barrier. */
export const twoThreads = Math.min(2, availableParallelism());
