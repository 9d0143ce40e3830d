/** A setting's name on the command line, without the dashes in front: `window-size`. */
export function dashed(name: string): string {
    return name.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}

/**
 * A text in which settings are named as the library has them, `` `windowSize` `` or `` `gpu: off` ``, with their names
 * on the command line: `--window-size`, `--gpu off`. What is no option stays as it is.
 */
export function asOptions(text: string, isOption: (name: string) => boolean = () => true): string {
    return text.replaceAll(/`([a-z][A-Za-z]*)(?:: ([^`]+))?`/g, (whole, name: string, value: string | undefined) => {
        if (!isOption(name)) return whole;
        return value === undefined ? `--${dashed(name)}` : `--${dashed(name)} ${value}`;
    });
}
