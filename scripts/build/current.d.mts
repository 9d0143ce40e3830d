import type { Backends } from '../../src/prebuilt/types.js';
import type { Made } from './build.mjs';

/** The build, where it is up to date. Throws BuildError. */
export declare function currentBuild(options?: { root?: string; sanitize?: boolean }): Made | undefined;
export declare function sanitizedIsAsked(): boolean;
/** Folder of a build's libraries. */
export declare function folderOf(root: string, sanitize: boolean): string;
export declare function describeBuild(outputDir: string, backends: Backends, built: boolean): Made;
