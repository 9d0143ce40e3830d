import type { TestProject } from 'vitest/node';
import { packAll } from './packed.js';
import { installProject } from './project.js';

declare module 'vitest' {
    interface ProvidedContext {
        /** Its folder. */
        readonly installedProject: string;
    }
}

/** Packs, and installs what is packed, once for all files of tests. */
export default function setup(project: TestProject): () => void {
    packAll();
    const { folder, remove } = installProject();
    project.provide('installedProject', folder);
    return remove;
}
