import { constants } from 'node:buffer';
import { totalmem } from 'node:os';
import { Misplaced } from './inFolder.js';

/** Most bytes of one text. */
export const mostTextBytes = constants.MAX_STRING_LENGTH;

/** @throws Misplaced where the bytes cannot be in memory at once */
export function checkFitsMemory(bytes: number): void {
    if (bytes > totalmem())
        throw new Misplaced(
            `is larger than the ${sizeWords(totalmem())} of memory that the machine has; make it again`,
        );
}

/** @throws Misplaced, naming the limit */
export function checkSize(bytes: number, most: number): void {
    if (bytes > most)
        throw new Misplaced(`is larger than the ${sizeWords(most)} that such a file may have; give the right one`);
}

function sizeWords(bytes: number): string {
    const units = ['bytes', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB', 'EiB'];
    const unit = Math.min(Math.floor(Math.log2(Math.max(bytes, 1)) / 10), units.length - 1);
    return `${Number((bytes / 1024 ** unit).toFixed(1))} ${units[unit]!}`;
}
