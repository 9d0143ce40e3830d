/** Runs npm, with nothing of ours built; gives its stdout. */
export declare function npm(args: string[], options: { cwd: string }): string;

/**
 * Names of the packages that a version of node-llama-cpp asks for, one a platform.
 * Throws BuildError where the registry has not all of them.
 */
export declare function checkPublished(version: string, cwd: string): string[];

/** What gapsOf reads of an entry of a package-lock.json. */
export interface LockedPackage {
    integrity?: string;
    link?: boolean;
    inBundle?: boolean;
    optionalDependencies?: Record<string, string>;
}

/** What a package-lock.json does not hold whole: packages without integrity, and those asked for that it has not. */
export declare function gapsOf(lock: { packages: Record<string, LockedPackage> }): string[];
