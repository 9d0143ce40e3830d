/** Neurons to deactivate: for each site a Uint8Array [experts * width], 1 where the activation is set to 0. */
export type NeuronMask = readonly Uint8Array[];

/**
 * The change of activations at the gate site: each act(gate) becomes factor * act(gate) + offset. For each site
 * [experts * width]. A factor of 0 makes 0 even of infinity.
 */
export interface AffineEdit {
    readonly factors: readonly Float32Array[];
    /** Default: 0 for all. */
    readonly offsets?: readonly Float32Array[] | undefined;
}

/** The same for every token of a text; undefined: the whole model. @inline */
export type NeuronEdit = NeuronMask | AffineEdit | undefined;

/** Tokens that go through different edits: by their position, by their text, or both. */
export interface EditsByToken {
    readonly edits: readonly NeuronEdit[];
    /**
     * Place in `edits` of a token's edit.
     * @param position in the text with its prompt, BOS first where the model asks for one; of a text longer than a
     * window, in the window
     * @param promptLength tokens of the prompt, BOS among them
     * @param text place of the text in the stream; 0 for all where answers are generated
     */
    readonly at: (position: number, promptLength: number, text: number) => number;
}

/** A condition of the model: how the activations of a text are changed. @inline */
export type TextEdit = NeuronEdit | EditsByToken;

export function isByToken(edit: TextEdit): edit is EditsByToken {
    return edit !== undefined && 'at' in edit && typeof edit.at === 'function' && 'edits' in edit;
}

/** The edit of a token of a generated text; see `EditsByToken.at`. */
export function editOfToken(condition: TextEdit, position: number, promptLength: number): NeuronEdit {
    return isByToken(condition) ? condition.edits[condition.at(position, promptLength, 0)] : condition;
}

export function isAffine(edit: NeuronEdit): edit is AffineEdit {
    return edit !== undefined && 'factors' in edit;
}
