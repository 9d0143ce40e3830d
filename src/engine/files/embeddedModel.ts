import { fileURLToPath } from 'node:url';

/** A file of the package's own. */
export const embedded = (name: string): string =>
    fileURLToPath(new URL(`../../../src/embedded/${name}`, import.meta.url));

/** The model that ships with the package. */
export const embeddedModel = embedded('base.gguf');
