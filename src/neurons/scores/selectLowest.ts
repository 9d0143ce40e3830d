/** Rounds as Python does: a half goes to the even neighbour. */
export function roundHalfToEven(value: number): number {
    const floor = Math.floor(value);
    const rest = value - floor;
    if (rest !== 0.5) return Math.round(value);
    return floor % 2 === 0 ? floor : floor + 1;
}

/** Of more values than this, those near the one looked for are picked out first. */
const pickedFrom = 20_000;
const sampleSize = 4096;
/** Standard errors of a rank in the sample on each side; outside of them all values are searched. */
const margin = 5;

/** The `k`-th smallest of `values`, 1-based. `values` is left as it is. */
export function kthSmallest(values: Float64Array, k: number): number {
    if (values.length > pickedFrom) {
        const [low, high] = bracketOf(values, k);
        // not destructured of an array: V8 then boxes each number
        let below = 0;
        let within = 0;
        for (let i = 0; i < values.length; i++) {
            if (values[i]! < low) below++;
            else if (values[i]! <= high) within++;
        }
        if (below < k && k <= below + within) {
            if (low === high) return low;
            const near = new Float64Array(within);
            for (let i = 0, at = 0; at < within; i++)
                if (values[i]! >= low && values[i]! <= high) near[at++] = values[i]!;
            return quickselect(near, k - below - 1);
        }
    }
    return quickselect(values.slice(), k - 1);
}

/** Two values between which the `k`-th smallest is all but surely, by a sample (Floyd and Rivest 1975). */
function bracketOf(values: Float64Array, k: number): readonly [low: number, high: number] {
    // multiples of the golden ratio: spread evenly, and in step with no row
    const golden = (Math.sqrt(5) - 1) / 2;
    const sample = Float64Array.from(
        { length: sampleSize },
        (_, i) => values[Math.floor(((i * golden) % 1) * values.length)]!,
    ).sort();
    const share = k / values.length;
    const reach = margin * Math.sqrt(sampleSize * share * (1 - share)) + 1;
    const rank = share * sampleSize;
    return [sample[Math.floor(rank - reach)] ?? -Infinity, sample[Math.ceil(rank + reach)] ?? Infinity];
}

/**
 * Indices of the `count` lowest scores, ascending; of equal scores at the edge, those of lower index.
 */
export function selectLowest(scores: Float64Array, count: number): Uint32Array {
    if (count <= 0) return new Uint32Array(0);
    if (count >= scores.length) return Uint32Array.from(scores.keys());
    const edge = kthSmallest(scores, count);
    let below = 0;
    for (let j = 0; j < scores.length; j++) if (scores[j]! < edge) below++;
    let ties = count - below;
    const selected = new Uint32Array(count);
    let at = 0;
    for (let j = 0; j < scores.length && at < count; j++) {
        const score = scores[j]!;
        if (score < edge || (score === edge && ties-- > 0)) selected[at++] = j;
    }
    return selected;
}

/** Hoare's selection with the median of three as pivot; reorders `a`. */
function quickselect(a: Float64Array, k: number): number {
    let left = 0;
    let right = a.length - 1;
    while (left < right) {
        const pivot = median(a[left]!, a[(left + right) >> 1]!, a[right]!);
        let i = left;
        let j = right;
        while (i <= j) {
            while (a[i]! < pivot) i++;
            while (a[j]! > pivot) j--;
            if (i <= j) {
                const swapped = a[i]!;
                a[i++] = a[j]!;
                a[j--] = swapped;
            }
        }
        if (k <= j) right = j;
        else if (k >= i) left = i;
        else break;
    }
    return a[k]!;
}

function median(x: number, y: number, z: number): number {
    return Math.max(Math.min(x, y), Math.min(Math.max(x, y), z));
}
