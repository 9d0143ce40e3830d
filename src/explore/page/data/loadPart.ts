import { fetchFile } from './fetchFile.js';

const parts = new Map<string, Promise<unknown>>();

/**
 * Reads a file of results, once.
 * @param path relative to the page
 * @throws Error naming the file
 */
export function loadPart<Content>(path: string): Promise<Content> {
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
