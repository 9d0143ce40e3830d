/** A function that makes the value of a key once. Nothing is forgotten: it is for few keys. */
export function remembered<K, V>(make: (key: K) => V): (key: K) => V {
    const known = new Map<K, V>();
    return (key) => {
        if (!known.has(key)) known.set(key, make(key));
        return known.get(key)!;
    };
}
