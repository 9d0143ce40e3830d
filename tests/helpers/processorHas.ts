import { readFileSync } from 'node:fs';

const cpuinfo = process.platform === 'linux' ? readFileSync('/proc/cpuinfo', 'utf8') : '';

/** Whether this processor has all of these, as Linux names them; elsewhere nothing is known. */
export function processorHas(...flags: readonly string[]): boolean {
    return flags.every((flag) => new RegExp(`\\b${flag}\\b`).test(cpuinfo));
}
