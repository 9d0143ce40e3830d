import { vi } from 'vitest';
import type { NativeContext, NativeContextOptions, NativeModel } from '../../src/engine/native/addon.js';
import { loadBackends } from '../../src/engine/native/loadBackends.js';

/**
 * Models of the real addon that are loaded from now on, until mocks are restored, show the contexts that they make, and
 * fail of one when told: no test can use up a device's memory.
 * @param before called with what a context is asked for; what it throws, making it fails of
 * @param onEdit called before an edit is set
 */
export async function watchContexts(
    before: (options: NativeContextOptions) => void | Promise<void> = () => undefined,
    onEdit?: () => void,
): Promise<NativeContext[]> {
    const { addon } = await loadBackends('off');
    const load = addon.loadModel.bind(addon);
    const contexts: NativeContext[] = [];
    vi.spyOn(addon, 'loadModel').mockImplementation(async (which) => {
        const model = await load(which);
        return new Proxy(model, {
            get(target, property: keyof NativeModel) {
                if (property !== 'createContext') {
                    return (target[property] as ((...args: unknown[]) => unknown) | undefined)?.bind(target);
                }
                return async (options: NativeContextOptions) => {
                    await before(options);
                    const context = await target.createContext(options);
                    contexts.push(context);
                    return onEdit === undefined ? context : beforeEdits(context, onEdit);
                };
            },
        });
    });
    return contexts;
}

function beforeEdits(context: NativeContext, onEdit: () => void): NativeContext {
    return new Proxy(context, {
        get(target, property: keyof NativeContext) {
            const method = (target[property] as ((...args: unknown[]) => unknown) | undefined)?.bind(target);
            if (property !== 'setEdit' || method === undefined) return method;
            return (...args: unknown[]) => {
                onEdit();
                return method(...args);
            };
        },
    });
}

/** What a context fails of where there is no memory for it. */
export function outOfMemory(why = 'no memory for the compute buffers'): Error {
    return Object.assign(new Error(why), { code: 'OUT_OF_MEMORY' });
}
