/** What a processor can, by Linux's /proc/cpuinfo: equal for processors that can the same. */
export declare function processorKey(cpuinfo?: string): string;
