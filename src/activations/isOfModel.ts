import type { ActivationsSource } from './ActivationsSource.js';

/** Whether counts may be of the model with a fingerprint: of those that others published it is not known. */
export function isOfModel({ model }: ActivationsSource, fingerprint: string): boolean {
    return model.fingerprint === '' || model.fingerprint === fingerprint;
}
