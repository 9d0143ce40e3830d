/** The oldest Node that runs this package, as in `engines` of package.json. */
export const leastNode = '20.19.0';

/** A message where a version of Node, such as `18.20.8`, is too old; undefined where it is not. */
export function nodeTooOld(version: string): string | undefined {
    const [have, need] = [version, leastNode].map((text) => text.split('.').map((part) => parseInt(part, 10)));
    const differs = need!.findIndex((number, i) => number !== have![i]);
    if (differs === -1 || have![differs]! > need![differs]!) return undefined;
    return `needs Node ${leastNode} or later, but this is Node ${version}; install a newer one from https://nodejs.org`;
}
