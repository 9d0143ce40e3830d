import { useEffect, useState } from 'preact/hooks';
import { fetchFile } from './loadColumn.js';

const parts = new Map<string, Promise<unknown>>();

/** A file that is being read: its content, or why it cannot be read. */
interface ReadFile<T> {
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

/**
 * Reads a file of results, once.
 * @param path relative to the page
 * @throws Error naming the file
 */
function loadPart<Content>(path: string): Promise<Content> {
    const known = parts.get(path);
    if (known !== undefined) return known as Promise<Content>;
    const content = (async () => {
        const response = await fetchFile(path, new URL('.', location.href));
        return response.json() as Promise<Content>;
    })();
    parts.set(path, content);
    content.catch(() => parts.delete(path));
    return content;
}
