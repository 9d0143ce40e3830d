import { wrongUse } from '../../errors.js';
import type { NativeContextOptions, NativeEdit } from '../native/addon.js';
import { isAffine, isByToken, type NeuronEdit, type TextEdit } from '../types/edits.js';

/** How many edits a context can hold, which neurons it can watch, and what else it can read. */
export type EditCapacity = Pick<NativeContextOptions, 'edits' | 'offsets' | 'watched' | 'residuals' | 'inputSquares'>;

/** What a context can read through llama.cpp's eval callback. */
const read = ['residuals', 'inputSquares'] as const satisfies readonly (keyof EditCapacity)[];

/** The edits of some conditions as a context holds them: one list, and of each condition the way into it. */
export interface EditSlots {
    readonly edits: readonly NeuronEdit[];
    /** Number of the edit of a token, 0 where there are no conditions; see `EditsByToken.at`. */
    readonly slotAt: (condition: number, position: number, promptLength: number, text: number) => number;
    /** Number of the first edit of a condition. */
    readonly begins: (condition: number) => number;
    /** Conditions that are held, from the first up to the last but one, by their places. */
    readonly first: number;
    readonly end: number;
    /** The capacity that they need. */
    readonly needs: EditCapacity;
}

/**
 * Lays the edits of conditions out one behind another.
 * @param first with `end`, which of them. Default: all
 */
export function layOutEdits(conditions: readonly TextEdit[], first = 0, end = conditions.length): EditSlots {
    const edits: NeuronEdit[] = [];
    const begins: number[] = [];
    const ways = conditions.slice(first, end).map((condition) => {
        const begin = edits.length;
        begins.push(begin);
        if (!isByToken(condition)) {
            edits.push(condition);
            return () => begin;
        }
        edits.push(...condition.edits);
        return (position: number, promptLength: number, text: number): number => {
            const place = condition.at(position, promptLength, text);
            if (condition.edits.length > place && place >= 0) return begin + place;
            throw wrongUse(
                `the token at position ${position} uses edit ${place}, but there are ${condition.edits.length} edits`,
            );
        };
    });
    return {
        edits,
        slotAt: (condition, ...token) => ways[condition - first]?.(...token) ?? 0,
        begins: (condition) => begins[condition - first]!,
        first,
        end,
        needs: {
            edits: Math.max(1, edits.length),
            offsets: edits.some((edit) => isAffine(edit) && edit.offsets !== undefined),
        },
    };
}

/** The least capacity that holds both, with the watched neurons of `b`; `a` itself where it suffices. */
export function largerCapacity(a: EditCapacity, b: EditCapacity): EditCapacity {
    const watches = b.watched === undefined || isSame(a.watched, b.watched);
    const reads = read.every((what) => a[what] === true || b[what] !== true);
    if (a.edits >= b.edits && (a.offsets || !b.offsets) && watches && reads) return a;
    return {
        edits: Math.max(a.edits, b.edits),
        offsets: a.offsets || b.offsets,
        watched: b.watched ?? a.watched,
        ...Object.fromEntries(read.map((what) => [what, a[what] === true || b[what] === true])),
    };
}

function isSame(a: Int32Array | undefined, b: Int32Array): boolean {
    return a?.length === b.length && b.every((value, i) => value === a[i]);
}

export function nativeEdit(edit: NeuronEdit): NativeEdit {
    if (edit === undefined) return { factors: [], offsets: [] };
    if (isAffine(edit)) return { factors: edit.factors, offsets: edit.offsets ?? [] };
    return { factors: edit.map((site) => Float32Array.from(site, (off) => (off === 0 ? 1 : 0))), offsets: [] };
}
