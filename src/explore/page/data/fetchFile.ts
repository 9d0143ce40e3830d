/**
 * Asks for a file of the site.
 * @param base address of the page's folder
 * @throws Error naming the file that cannot be read
 */
export async function fetchFile(path: string, base: string | URL): Promise<Response> {
    const response = await fetch(new URL(path, base));
    if (!response.ok) throw new Error(`${path} cannot be read: ${response.status} ${response.statusText}`);
    return response;
}
