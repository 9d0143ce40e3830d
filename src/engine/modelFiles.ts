/** llama.cpp's names of a model in several files: `NAME-00002-of-00003.gguf`. */
const partName = /^(.*)-(\d{5})-of-(\d{5})\.gguf$/;

/** All files of a model, in order, given any of them: itself where it is in one. */
export function modelFiles(path: string): string[] {
    const found = partName.exec(path);
    if (found === null) return [path];
    const [, name, , total] = found as unknown as [string, string, string, string];
    return Array.from(
        { length: Number(total) },
        (_, i) => `${name}-${String(i + 1).padStart(5, '0')}-of-${total}.gguf`,
    );
}
