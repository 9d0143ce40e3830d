import { basename } from 'node:path';

/** Short names of models beside each other: a file's name without its ending; files of one name get numbers. */
export function modelNames(paths: readonly string[]): string[] {
    const names = paths.map((path) => basename(path).replace(/(-\d{5}-of-\d{5})?\.gguf$/, ''));
    return names.map((name, i) => {
        const before = names.slice(0, i).filter((other) => other === name).length;
        return before === 0 ? name : `${name}.${before + 1}`;
    });
}
