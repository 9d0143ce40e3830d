import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';

/**
 * What a processor can, as the system tells it: code for one may be illegal instructions for another.
 *
 * @param {string} [cpuinfo] Linux's /proc/cpuinfo
 * @returns {string} equal for processors that can the same
 */
export function processorKey(cpuinfo = readFileSync('/proc/cpuinfo', 'utf8')) {
    // flags on x86, Features on ARM; what a mixed machine's cores differ in is not asked of the first alone
    const can = new Set(
        cpuinfo.split('\n').filter((line) => /^(flags|Features|CPU (part|implementer))\s*:/.test(line)),
    );
    return createHash('sha256')
        .update([...can].sort().join('\n'))
        .digest('hex')
        .slice(0, 12);
}
