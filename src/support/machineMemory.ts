import { totalmem } from 'node:os';

/** Bytes of memory that this process may have: those of the machine, or fewer in a container. */
export function machineMemory(): number {
    const limit = process.constrainedMemory();
    return limit > 0 && limit < totalmem() ? limit : totalmem();
}
