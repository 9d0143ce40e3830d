import { closest, distance } from 'fastest-levenshtein';

/** The known name that a mistyped one probably means, or undefined where none is near. */
export function nearest(given: string, known: readonly string[]): string | undefined {
    const plain = (name: string): string => name.toLowerCase().replaceAll(/[-_ ]/g, '');
    const wanted = plain(given);
    if (wanted === '' || known.length === 0) return undefined;
    const longer = wanted.length < 3 ? [] : known.filter((name) => plain(name).startsWith(wanted));
    if (longer.length === 1) return longer[0]; // an abbreviation
    // Of equally near names, prefer one that has all typed letters in order: leaving out is likelier than mistyping.
    const complete = known.map(plain).filter((name) => hasInOrder(name, wanted));
    const found = [closest(wanted, complete), closest(wanted, known.map(plain))]
        .filter((name) => name !== undefined)
        .reduce((a, b) => (distance(wanted, b) < distance(wanted, a) ? b : a));
    // A third of the letters, at least one, may be wrong.
    if (distance(wanted, found) > Math.max(1, Math.floor(Math.max(wanted.length, found.length) / 3))) return undefined;
    return known.find((name) => plain(name) === found);
}

function hasInOrder(name: string, letters: string): boolean {
    let found = 0;
    for (const letter of name) if (letter === letters[found]) found++;
    return found === letters.length;
}

/** `; did you mean NAME?`, or nothing where no known name is near. */
export function suggestion(given: string, known: readonly string[], write = (name: string): string => name): string {
    const found = nearest(given, known);
    return found === undefined ? '' : `; did you mean ${write(found)}?`;
}
