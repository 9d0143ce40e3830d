import { useEffect, useState } from 'preact/hooks';
import { loadPart } from './loadPart.js';

/** A file that is being read: its content, or why it cannot be read. */
export interface ReadFile<T> {
    readonly value?: T | undefined;
    readonly failed?: string | undefined;
}

/** Reads a file of JSON while a view is shown; none where there is no path. */
export function useJson<T>(path: string | undefined): ReadFile<T> {
    const [read, setRead] = useState<ReadFile<T> & { readonly path?: string }>({});
    useEffect(() => {
        if (path === undefined) return;
        let wanted = true;
        loadPart<T>(path).then(
            (value) => wanted && setRead({ path, value }),
            (cause: unknown) =>
                wanted && setRead({ path, failed: cause instanceof Error ? cause.message : String(cause) }),
        );
        return () => void (wanted = false);
    }, [path]);
    return path !== undefined && read.path === path ? read : {};
}
